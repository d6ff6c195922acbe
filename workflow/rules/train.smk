rule train:
    input:
        inputs("train"),
    output:
        f"{OUT}/model/{{run}}.model.safetensors",
        f"{OUT}/model/{{run}}.history.tsv",
    log:
        f"{OUT}/logs/train.{{run}}.log",
    benchmark:
        f"{OUT}/benchmarks/train.{{run}}.tsv"
    conda:
        "../envs/attentrack.yaml"
    threads: 8
    resources:
        mem_mb=lambda wildcards, attempt: 8000 * attempt,
        runtime=720,
        gres=gres("train"),
    params:
        command=command("train"),
    shell:
        "{params.command} --threads {threads} 2> {log:q}"

rule predict:
    input:
        inputs("predict"),
    output:
        f"{OUT}/predictions/{{sample}}.predictions.tsv",
        # of a model that has one
        *(
            [f"{OUT}/attention/{{sample}}.attention.bins.safetensors"]
            if any("--attention" in step["command"] for step in PLAN["steps"])
            else []
        ),
    log:
        f"{OUT}/logs/predict.{{sample}}.log",
    benchmark:
        f"{OUT}/benchmarks/predict.{{sample}}.tsv"
    conda:
        "../envs/attentrack.yaml"
    threads: 4
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=60,
        gres=gres("predict"),
    params:
        command=command("predict"),
    shell:
        "{params.command} --threads {threads} 2> {log:q}"

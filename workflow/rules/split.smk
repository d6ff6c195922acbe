rule split:
    input:
        inputs("split"),
    output:
        f"{OUT}/splits.tsv",
    log:
        f"{OUT}/logs/split.log",
    benchmark:
        f"{OUT}/benchmarks/split.tsv"
    conda:
        "../envs/attentrack.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=30,
    params:
        command=command("split"),
    shell:
        "{params.command} --threads {threads} 2> {log:q}"

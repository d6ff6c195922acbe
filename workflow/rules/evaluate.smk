rule evaluate:
    input:
        inputs("evaluate"),
    output:
        f"{OUT}/metrics.json",
    log:
        f"{OUT}/logs/evaluate.log",
    benchmark:
        f"{OUT}/benchmarks/evaluate.tsv"
    conda:
        "../envs/attentrack.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=60,
    params:
        command=command("evaluate"),
    shell:
        "{params.command} --threads {threads} 2> {log:q}"

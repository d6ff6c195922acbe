rule tss:
    input:
        inputs("tss"),
    output:
        f"{OUT}/genes.bed",
    log:
        f"{OUT}/logs/tss.log",
    benchmark:
        f"{OUT}/benchmarks/tss.tsv"
    conda:
        "../envs/attentrack.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=30,
    params:
        command=command("tss"),
    shell:
        "{params.command} --threads {threads} 2> {log:q}"

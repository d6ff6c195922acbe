rule report:
    input:
        inputs("report"),
    output:
        directory(f"{OUT}/report"),
    log:
        f"{OUT}/logs/report.log",
    benchmark:
        f"{OUT}/benchmarks/report.tsv"
    conda:
        "../envs/attentrack.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=60,
    params:
        command=command("report"),
    shell:
        "{params.command} --threads {threads} 2> {log:q}"

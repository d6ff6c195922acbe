rule label:
    input:
        inputs("label"),
    output:
        f"{OUT}/labels/{{sample}}.labels.tsv",
    log:
        f"{OUT}/logs/label.{{sample}}.log",
    benchmark:
        f"{OUT}/benchmarks/label.{{sample}}.tsv"
    conda:
        "../envs/attentrack.yaml"
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=30,
    params:
        command=command("label"),
    shell:
        "{params.command} --threads {threads} 2> {log:q}"

rule track:
    input:
        inputs("track"),
    output:
        directory(f"{OUT}/tracks/{{sample}}"),
    log:
        f"{OUT}/logs/track.{{sample}}.log",
    benchmark:
        f"{OUT}/benchmarks/track.{{sample}}.tsv"
    conda:
        "../envs/attentrack.yaml"
    threads: 4
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=60,
    params:
        command=command("track"),
    shell:
        "{params.command} --threads {threads} 2> {log:q}"

rule bin:
    input:
        inputs("bin"),
    output:
        f"{OUT}/bins/{{sample}}.bins.safetensors",
    log:
        f"{OUT}/logs/bin.{{sample}}.log",
    benchmark:
        f"{OUT}/benchmarks/bin.{{sample}}.tsv"
    conda:
        "../envs/attentrack.yaml"
    threads: 4
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=240,
    params:
        command=command("bin"),
    shell:
        "{params.command} --threads {threads} 2> {log:q}"

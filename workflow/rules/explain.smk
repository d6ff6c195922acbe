rule explain:
    input:
        inputs("explain"),
    output:
        f"{OUT}/explain/{{sample}}.bins.safetensors",
    log:
        f"{OUT}/logs/explain.{{sample}}.log",
    benchmark:
        f"{OUT}/benchmarks/explain.{{sample}}.tsv"
    conda:
        "../envs/attentrack.yaml"
    threads: 4
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=240,
        gres=gres("explain"),
    params:
        command=command("explain"),
    shell:
        "{params.command} --threads {threads} 2> {log:q}"

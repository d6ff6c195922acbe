rule faithfulness:
    input:
        inputs("faithfulness"),
    output:
        f"{OUT}/explain/{{sample}}.faithfulness.tsv",
    log:
        f"{OUT}/logs/faithfulness.{{sample}}.log",
    benchmark:
        f"{OUT}/benchmarks/faithfulness.{{sample}}.tsv"
    conda:
        "../envs/attentrack.yaml"
    threads: 4
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=240,
        gres=gres("faithfulness"),
    params:
        command=command("faithfulness"),
    shell:
        "{params.command} --threads {threads} 2> {log:q}"

# Made by `attentrack workflow --out-dir workflow`, from what src/stage says of each stage.
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
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=60,
    params:
        command=command("tss"),
    shell:
        "{params.command} --threads {threads} 2> {log:q}"


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
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=60,
    params:
        command=command("label"),
    shell:
        "{params.command} --threads {threads} 2> {log:q}"


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
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 2000 * attempt,
        runtime=60,
    params:
        command=command("split"),
    shell:
        "{params.command} --threads {threads} 2> {log:q}"


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


rule pair:
    input:
        inputs("pair"),
    output:
        f"{OUT}/pairs/{{sample}}.bins.safetensors",
    log:
        f"{OUT}/logs/pair.{{sample}}.log",
    benchmark:
        f"{OUT}/benchmarks/pair.{{sample}}.tsv"
    conda:
        "../envs/attentrack.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=60,
    params:
        command=command("pair"),
    shell:
        "{params.command} --threads {threads} 2> {log:q}"


rule train:
    input:
        inputs("train"),
    output:
        f"{OUT}/model/{{run}}.model.safetensors",
        f"{OUT}/model/{{run}}.history.tsv",
    log:
        f"{OUT}/logs/train.{{run}}.log",
    benchmark:
        f"{OUT}/benchmarks/train.{{run}}.tsv"
    conda:
        "../envs/attentrack.yaml"
    threads: 8
    resources:
        mem_mb=lambda wildcards, attempt: 8000 * attempt,
        runtime=720,
        gres=gres("train"),
    params:
        command=command("train"),
    shell:
        "{params.command} --threads {threads} 2> {log:q}"


rule predict:
    input:
        inputs("predict"),
    output:
        f"{OUT}/predictions/{{sample}}.predictions.tsv",
        *wanted(
            "predict",
            "--attention",
            f"{OUT}/attention/{{sample}}.attention.bins.safetensors",
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
        runtime=240,
        gres=gres("predict"),
    params:
        command=command("predict"),
    shell:
        "{params.command} --threads {threads} 2> {log:q}"


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
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=60,
    params:
        command=command("evaluate"),
    shell:
        "{params.command} --threads {threads} 2> {log:q}"


rule graph:
    input:
        inputs("graph"),
    output:
        directory(f"{OUT}/graph"),
        f"{OUT}/graph.json",
    log:
        f"{OUT}/logs/graph.log",
    benchmark:
        f"{OUT}/benchmarks/graph.tsv"
    conda:
        "../envs/attentrack.yaml"
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=60,
    params:
        command=command("graph"),
    shell:
        "{params.command} --threads {threads} 2> {log:q}"


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
        runtime=240,
    params:
        command=command("track"),
    shell:
        "{params.command} --threads {threads} 2> {log:q}"


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
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=60,
    params:
        command=command("report"),
    shell:
        "{params.command} --threads {threads} 2> {log:q}"

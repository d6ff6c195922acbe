// Made by `attentrack workflow --out-dir workflow`, from what src/stage says of each stage.

include { marks; meta_of; pick; ready } from './functions.nf'
include { TSS } from './modules/tss/main.nf'
include { LABEL } from './modules/label/main.nf'
include { SPLIT } from './modules/split/main.nf'
include { BIN } from './modules/bin/main.nf'
include { PAIR } from './modules/pair/main.nf'
include { TRAIN } from './modules/train/main.nf'
include { PREDICT } from './modules/predict/main.nf'
include { EXPLAIN } from './modules/explain/main.nf'
include { FAITHFULNESS } from './modules/faithfulness/main.nf'
include { EVALUATE } from './modules/evaluate/main.nf'
include { GRAPH } from './modules/graph/main.nf'
include { TRACK } from './modules/track/main.nf'
include { REPORT } from './modules/report/main.nf'

// The stages that have a process here
def stages() {
    ['tss', 'label', 'split', 'bin', 'pair', 'train', 'predict', 'explain', 'faithfulness', 'evaluate', 'graph', 'track', 'report']
}

workflow CHAIN {
    take:
    plan

    main:
    // what earlier steps have written, by the name that the plan has for it
    made = channel.empty()

    tss_files = ready(plan, 'tss', made).multiMap { step, files ->
        own: [meta_of(step), pick(step, files, '--annotation')]
    }
    TSS(tss_files.own)
    made = made.mix(TSS.out.genes.map { meta, file -> [meta.outputs[0], file] })

    label_files = ready(plan, 'label', made).multiMap { step, files ->
        own: [meta_of(step), pick(step, files, '--expression'), pick(step, files, '--genes')]
    }
    LABEL(label_files.own)
    made = made.mix(LABEL.out.labels.map { meta, file -> [meta.outputs[0], file] })

    split_files = ready(plan, 'split', made).multiMap { step, files ->
        own: [meta_of(step), pick(step, files, '--genes'), pick(step, files, '--labels')]
    }
    SPLIT(split_files.own)
    made = made.mix(SPLIT.out.splits.map { meta, file -> [meta.outputs[0], file] })

    bin_files = ready(plan, 'bin', made).multiMap { step, files ->
        own: [meta_of(step), marks(step, '--signal'), pick(step, files, '--signal'), marks(step, '--control'), pick(step, files, '--control')]
        genes: pick(step, files, '--genes')
        blacklist: pick(step, files, '--blacklist')
        reference: pick(step, files, '--reference')
        chrom_alias: pick(step, files, '--chrom-alias')
    }
    BIN(bin_files.own, bin_files.genes, bin_files.blacklist, bin_files.reference, bin_files.chrom_alias)
    made = made.mix(BIN.out.bins.map { meta, file -> [meta.outputs[0], file] })

    pair_files = ready(plan, 'pair', made).multiMap { step, files ->
        own: [meta_of(step), pick(step, files, '--bins'), pick(step, files, '--versus')]
    }
    PAIR(pair_files.own)
    made = made.mix(PAIR.out.pair.map { meta, file -> [meta.outputs[0], file] })

    train_files = ready(plan, 'train', made).multiMap { step, files ->
        own: [meta_of(step), pick(step, files, '--bins'), pick(step, files, '--labels')]
        splits: pick(step, files, '--splits')
    }
    TRAIN(train_files.own, train_files.splits)
    made = made.mix(TRAIN.out.model.map { meta, file -> [meta.outputs[0], file] })
    made = made.mix(TRAIN.out.history.map { meta, file -> [meta.outputs[1], file] })

    predict_files = ready(plan, 'predict', made).multiMap { step, files ->
        own: [meta_of(step), pick(step, files, '--bins'), pick(step, files, '--model'), step.outputs.size() > 1]
    }
    PREDICT(predict_files.own)
    made = made.mix(PREDICT.out.predictions.map { meta, file -> [meta.outputs[0], file] })
    made = made.mix(PREDICT.out.attention.map { meta, file -> [meta.outputs[1], file] })

    explain_files = ready(plan, 'explain', made).multiMap { step, files ->
        own: [meta_of(step), pick(step, files, '--bins'), pick(step, files, '--model')]
    }
    EXPLAIN(explain_files.own)
    made = made.mix(EXPLAIN.out.attribution.map { meta, file -> [meta.outputs[0], file] })

    faithfulness_files = ready(plan, 'faithfulness', made).multiMap { step, files ->
        own: [meta_of(step), pick(step, files, '--bins'), pick(step, files, '--model')]
        other_models: pick(step, files, '--other-model')
        splits: pick(step, files, '--splits')
        permuted_models: pick(step, files, '--permuted-model')
        truth: pick(step, files, '--truth')
        held_out: pick(step, files, '--held-out')
    }
    FAITHFULNESS(faithfulness_files.own, faithfulness_files.other_models, faithfulness_files.splits, faithfulness_files.permuted_models, faithfulness_files.truth, faithfulness_files.held_out)
    made = made.mix(FAITHFULNESS.out.table.map { meta, file -> [meta.outputs[0], file] })

    evaluate_files = ready(plan, 'evaluate', made).multiMap { step, files ->
        own: [meta_of(step), pick(step, files, '--predictions'), pick(step, files, '--labels')]
        splits: pick(step, files, '--splits')
        genes: pick(step, files, '--genes')
    }
    EVALUATE(evaluate_files.own, evaluate_files.splits, evaluate_files.genes)
    made = made.mix(EVALUATE.out.metrics.map { meta, file -> [meta.outputs[0], file] })

    graph_files = ready(plan, 'graph', made).multiMap { step, files ->
        own: [meta_of(step), pick(step, files, '--bins'), pick(step, files, '--labels')]
        sheet: pick(step, files, '--samples')
        weights: pick(step, files, '--weights')
        groups: pick(step, files, '--groups')
    }
    GRAPH(graph_files.own, graph_files.sheet, graph_files.weights, graph_files.groups)
    made = made.mix(GRAPH.out.graph.map { meta, file -> [meta.outputs[1], file] })

    track_files = ready(plan, 'track', made).multiMap { step, files ->
        own: [meta_of(step), pick(step, files, '--input'), pick(step, files, '--predictions'), pick(step, files, '--faithfulness')]
        chrom_sizes: pick(step, files, '--chrom-sizes')
    }
    TRACK(track_files.own, track_files.chrom_sizes)

    report_files = ready(plan, 'report', made).multiMap { step, files ->
        own: [meta_of(step), pick(step, files, '--predictions'), pick(step, files, '--labels'), pick(step, files, '--attention'), pick(step, files, '--faithfulness')]
        metrics: pick(step, files, '--metrics')
        splits: pick(step, files, '--splits')
        genes: pick(step, files, '--genes')
        histories: pick(step, files, '--history')
        graph: pick(step, files, '--graph')
    }
    REPORT(report_files.own, report_files.metrics, report_files.splits, report_files.genes, report_files.histories, report_files.graph)

    emit:
    genes = TSS.out.genes
    labels = LABEL.out.labels
    splits = SPLIT.out.splits
    bins = BIN.out.bins
    pair = PAIR.out.pair
    model = TRAIN.out.model
    history = TRAIN.out.history
    predictions = PREDICT.out.predictions
    attention = PREDICT.out.attention
    attribution = EXPLAIN.out.attribution
    table = FAITHFULNESS.out.table
    metrics = EVALUATE.out.metrics
    graph_tables = GRAPH.out.graph_tables
    graph_matrices = GRAPH.out.graph_matrices
    graphml = GRAPH.out.graphml
    graphml_of_context = GRAPH.out.graphml_of_context
    graph_picture = GRAPH.out.graph_picture
    graph = GRAPH.out.graph
    bed = TRACK.out.bed
    bedgraph = TRACK.out.bedgraph
    bigwig = TRACK.out.bigwig
    bigbed = TRACK.out.bigbed
    tsv = TRACK.out.tsv
    index = TRACK.out.index
    html = REPORT.out.html
    multiqc = REPORT.out.multiqc
    multiqc_config = REPORT.out.multiqc_config
}

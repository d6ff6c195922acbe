// The same, its parameters first checked against nextflow_schema.json by the plugin nf-schema, which
// comes from Nextflow's registry:
//
//   nextflow run workflow/validated.nf -plugins nf-schema@2.4.2 -params-file config.yaml
//
// The plan checks everything that the schema does, so this is for sites that want it.

include { validateParameters } from 'plugin/nf-schema'
include { FROM_PARAMS } from './main.nf'

workflow {
    validateParameters()
    FROM_PARAMS()
}

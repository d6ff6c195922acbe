// What all modules share.

// A text, or the name that a file is staged by, as the shell takes it: one word, and nothing in it is run. A file
// is given as it is: within a text of its own, "${file}", Nextflow has put some backslashes in its name, and not all
def quoted(text) {
    "'${text.toString().replace("'", "'\\''")}'"
}

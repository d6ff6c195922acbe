//! The four bases as shapes, to be stretched: text would look different from machine to machine.

/// The outline in a box of 1 by 1, from the top left; `None` of other letters.
pub(super) fn outline(letter: char) -> Option<&'static str> {
    Some(match letter {
        'A' => "M0 1L.37 0H.63L1 1H.79L.71 .75H.29L.21 1ZM.35 .58H.65L.5 .15Z",
        'C' => {
            "M1 .32C.93 .1 .76 0 .52 0C.2 0 0 .2 0 .5C0 .8 .2 1 .52 1C.76 1 .93 .9 1 .68L.8 .62C.75 .77 .66 .84 .52 .84C.32 .84 .2 .72 .2 .5C.2 .28 .32 .16 .52 .16C.66 .16 .75 .23 .8 .38Z"
        }
        'G' => {
            "M1 .3C.92 .1 .76 0 .52 0C.2 0 0 .2 0 .5C0 .8 .2 1 .52 1C.76 1 .93 .91 1 .74V.46H.54V.61H.8V.7C.74 .8 .65 .84 .52 .84C.32 .84 .2 .72 .2 .5C.2 .28 .32 .16 .52 .16C.66 .16 .75 .22 .8 .36Z"
        }
        'T' => "M0 0H1V.17H.6V1H.4V.17H0Z",
        _ => return None,
    })
}

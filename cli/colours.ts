import { createColors } from 'picocolors';

const { FORCE_COLOR, NO_COLOR, TERM } = process.env;

/** On a terminal only: the library's own choice colours the logs of a CI run, too. */
const onTerminal = process.stdout.isTTY === true && process.stderr.isTTY === true && TERM !== 'dumb';

/** Colours of words for people; `NO_COLOR` and `FORCE_COLOR` have the last word. */
export const colours = createColors(!NO_COLOR && (Boolean(FORCE_COLOR) || onTerminal));

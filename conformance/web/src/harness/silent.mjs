// A logger that says nothing: the SDK warns of each failure that a test provokes.
const nothing = () => {};
export const silent = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

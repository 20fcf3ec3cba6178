const STRAY = ['unhandledRejection', 'uncaughtException'] as const;

type Listener = (...args: unknown[]) => void;

const running = new Set<(error: unknown) => void>();
let displaced: [string, Listener][] = [];
let stackFormat: typeof Error.prepareStackTrace;

/**
 * Prepares this process to run a program of a user. Errors that nobody handles go to `onStray`, in place of all other
 * listeners: those may end the process, and an error of the program shall not. Returns what puts everything back.
 */
export function guardProgram(onStray: (error: unknown) => void): () => void {
  if (running.size === 0) {
    displaced = STRAY.flatMap(event =>
      process.rawListeners(event).map((each): [string, Listener] => [event, each as Listener]),
    );
    for (const [event, each] of displaced) process.off(event, each);
    for (const event of STRAY) process.on(event, tellAll);
    stackFormat = Error.prepareStackTrace;
    Error.prepareStackTrace = cheapStack;
  }
  running.add(onStray);
  return () => {
    running.delete(onStray);
    if (running.size > 0) return;
    for (const event of STRAY) process.off(event, tellAll);
    for (const [event, each] of displaced) process.on(event, each);
    Error.prepareStackTrace = stackFormat;
  };
}

function tellAll(error: unknown): void {
  for (const listener of running) listener(error);
}

/**
 * The SDK asks for a stack at every promise, which with source maps takes longer than all else. Those errors say nothing;
 * the stack of one that does is worked out when it is asked for, which is after the program.
 */
function cheapStack(error: Error, frames: NodeJS.CallSite[]): string {
  return error.message === '' ? '' : [String(error), ...frames].join('\n    at ');
}

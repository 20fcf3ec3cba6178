/** What a `FlowyardError` carries beside its message. */
export interface FlowyardErrorOptions {
  /**
   * What the user should do next: a command to run or a setting to change.
   *
   * @default - the message says enough
   */
  readonly next?: string;

  /**
   * Exit code of the command line.
   *
   * @default 1
   */
  readonly code?: number;

  /**
   * The error underneath.
   *
   * @default - this error is the first
   */
  readonly cause?: unknown;
}

/** A failure that a user can act on; the command line prints it without a stack. */
export class FlowyardError extends Error {
  /** What to do next. */
  public readonly next?: string;

  /** Exit code of the command line. */
  public readonly code: number;

  constructor(message: string, options: FlowyardErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'FlowyardError';
    this.next = options.next;
    this.code = options.code ?? 1;
  }
}

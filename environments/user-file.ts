/**
 * The default export of a file of the user's. It is named at run time, so it cannot be an import.
 *
 * @param invalid makes the error for a file that does not run; an error of that name from the file is passed on
 * @returns undefined when there is none
 */
export function defaultExport(file: string, invalid: (problem: string) => Error): unknown {
  try {
    return require(file).default;
  } catch (error) {
    const failure = invalid(`${file} does not run: ${error instanceof Error ? error.message : error}`);
    throw error instanceof Error && error.name === failure.name ? error : failure;
  }
}

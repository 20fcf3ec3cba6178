/** Whether this runs from an installed package: a checkout runs its sources. */
export const compiled = __filename.endsWith('.js');

/** How the user calls the command. */
export const commandLine = compiled ? 'npx flowyard' : 'npx tsx cli/main.ts';

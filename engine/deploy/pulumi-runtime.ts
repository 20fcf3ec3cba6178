import * as settings from '@pulumi/pulumi/runtime/settings';
import * as state from '@pulumi/pulumi/runtime/state';

/** Parts of the Pulumi SDK that it uses itself for programs in this process, and does not declare. */
interface Undeclared {
  waitForRPCs(): Promise<void>;
  withLocalStorage<T>(callback: () => Promise<T>): Promise<T>;
}

const undeclared = { ...settings, ...state } as unknown as Undeclared;

export const { setMockOptions } = settings;

/** Resolves when all registrations have been answered, those made meanwhile included. */
export const waitForRPCs = () => undeclared.waitForRPCs();

/** Runs a callback with a state of the SDK of its own. */
export const withLocalStorage = <T>(callback: () => Promise<T>) => undeclared.withLocalStorage(callback);

import { isAdapterError } from '@tse/core';

/** Repeats a write whose reply was lost, with the id that its error names: the adapter answers the first result, or does it now. */
export async function repeatUnknown<T>(write: (id: string) => Promise<T>, id: string, left = 3): Promise<T> {
  try {
    return await write(id);
  } catch (error) {
    if (left === 0 || !isAdapterError(error) || error.kind !== 'outcome-unknown') throw error;
    return repeatUnknown(write, error.repeatWith.id || id, left - 1);
  }
}

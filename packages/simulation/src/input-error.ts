/** What the person at the command line gave cannot be used; the message is theirs to read, a stack would tell them nothing. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

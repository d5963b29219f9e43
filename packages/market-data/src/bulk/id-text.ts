/** Whether a value is an id that a caller may give, as core's `idInput` says: 1 to 64 characters of `A-Za-z0-9._:/-`. */
export function isId(value: unknown): value is string {
  if (typeof value !== 'string' || value.length === 0 || value.length > 64) return false;
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at);
    const fine =
      (code >= 45 && code <= 58) || // - . / 0-9 :
      (code >= 65 && code <= 90) ||
      code === 95 ||
      (code >= 97 && code <= 122);
    if (!fine) return false;
  }
  return true;
}

/** The hooks of a route as a list, whatever form they were declared in, so that one can be put beside them. */
export function hooksOf<Hook>(declared: Hook | Hook[] | undefined): Hook[] {
  if (declared === undefined) return []
  return Array.isArray(declared) ? declared : [declared]
}

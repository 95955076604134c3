/** A nominal type over a structural one: an `Ip` is not any string. */
export type Brand<T, Name extends string> = T & { readonly __brand: Name }

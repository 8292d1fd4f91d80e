/** Recognised, and not unpacked: a format, or a variant of one, that we do not read. */
export class NotUnpacked extends Error {}

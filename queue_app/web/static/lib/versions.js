/**
 * Which of two snapshots is the newer one.
 *
 * Versions are counted in one epoch of the database. In another epoch (a backup was restored,
 * another server took over) they say nothing, and whoever speaks last is believed.
 */

export const isOlder = (one, other) => one.epoch === other.epoch && one.version < other.version;

/** Whether `one` shows a change since `other`, or another hall altogether. */
export const isNewer = (one, other) => one.epoch !== other.epoch || one.version > other.version;

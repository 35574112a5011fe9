// SPDX-License-Identifier: Apache-2.0

const LONGEST = 2147483647;

/**
 * Runs `action` after so many milliseconds: never for Infinity, in steps where it is more than a timer holds (a timer given
 * more fires at once). Returns a function that stops it.
 */
export function after(milliseconds, action) {
    let timer;
    const step = (rest) => {
        if (!(rest < Infinity)) return;
        timer = setTimeout(() => (rest > LONGEST ? step(rest - LONGEST) : action()), Math.min(rest, LONGEST));
    };
    step(milliseconds);
    return () => clearTimeout(timer);
}

/** A time or number that the application gave, if it is one. */
export function checked(name, value) {
    if (typeof value === 'number' && value >= 0) return value;
    throw new RangeError(`${name} wants a number from 0 to Infinity, not ${String(value)}`);
}

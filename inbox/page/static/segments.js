// How many characters and SMS segments a text takes. Pure. domain/text_segments.py counts the same.
// Source: 3GPP TS 23.038, the GSM 7-bit default alphabet and its extension table.

const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENDED = new Set("^{}\\[~]|€\f");

/**
 * @param {string} text
 * @returns {{ characters: number, segments: number, alphabet: "GSM-7" | "Unicode", left: number, beyond: string }}
 *   `left` is what still fits in the last segment; `beyond` the first character that GSM-7 lacks
 */
export function segments(text) {
  const characters = [...text];
  const beyond = characters.find((one) => !BASIC.has(one) && !EXTENDED.has(one)) ?? "";
  const isGsm = beyond === "";
  const sizes = characters.map((one) => (isGsm ? (EXTENDED.has(one) ? 2 : 1) : one.length));
  const units = sizes.reduce((sum, size) => sum + size, 0);
  const [whole, part] = isGsm ? [160, 153] : [70, 67];
  const [count, used] = units <= whole ? [Math.min(units, 1), units] : divided(sizes, part);
  return {
    characters: characters.length,
    segments: count,
    alphabet: isGsm ? "GSM-7" : "Unicode",
    left: (count > 1 ? part : whole) - used,
    beyond,
  };
}

/** How many parts there are, none of which tears a character apart, and what the last one holds. */
function divided(/** @type {number[]} */ sizes, /** @type {number} */ room) {
  let [count, used] = [1, 0];
  for (const size of sizes) {
    if (used + size > room) [count, used] = [count + 1, 0];
    used += size;
  }
  return [count, used];
}

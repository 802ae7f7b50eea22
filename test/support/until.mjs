// Owns waiting: every wait names what it waits for and has a limit. A wait asks again and again; it never just sleeps.

/**
 * Asks until the answer is truthy, and returns it.
 * @template T
 * @param {string} what            named in the error
 * @param {() => T | Promise<T>} ask  a throw counts as "not yet"
 * @param {{ limitMs?: number, everyMs?: number }} [o]
 */
export async function until(what, ask, { limitMs = 30_000, everyMs = 50 } = {}) {
  let last;
  for (const end = Date.now() + limitMs; ; ) {
    try {
      const answer = await ask();
      if (answer) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      const seen = last instanceof Error ? last.message : JSON.stringify(last);
      throw new Error(`waited ${limitMs / 1000} s for ${what}; last seen: ${seen}`);
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

// How V8 keeps memory under load. For the API and the allocator the scripts of package.json and the deployments say the same (a test
// compares).

/**
 * Requests live for some 30 ms: with 16 MB for what is young, many grew old before they died, and with 32 MB few do. V8 took those few
 * for a rule and put what comes with a request among the old from the start (pretenuring), which cost a sixth of the API's time.
 */
export const nodeFlags = ['--max-semi-space-size=32', '--no-allocation-site-pretenuring']

/**
 * Texts of 300 kB, one for each batch, grow old at the first collection that meets them. How much of that may pile up follows from the
 * most that the heap may ever take, in MB: with the 4 GB of a large machine it was four times what lives, 420 MB in all; with 1 GB twice,
 * 300 MB in all; with 768 MB it is 275. What lives is some 80 MB, and 40 bytes for each request that waits. V8 marks the old with one
 * helper: four, its default, took both cores from those who answer. The more there is to mark, the longer a load of half of what is taken
 * waits for it: its slowest hundredth 57 ms with 1 GB, 25 with 768 MB, and with 640, which is marked more often, 49.
 */
export const apiFlags = [...nodeFlags, '--max-old-space-size=768', '--v8-pool-size=1']

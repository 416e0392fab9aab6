/** One step of a ramp: its rate a second, when it starts and how long it is, in seconds, and the number of its first person. */
export type Step = { name: string; rate: number; startsAt: number; seconds: number; first: number }

type Metric = { values: Record<string, number>; thresholds?: Record<string, { ok: boolean }> }
/** What k6 hands to `handleSummary`, as far as it is used. */
export type SummaryData = { metrics: Record<string, Metric> }

const judgedBy = ['http_req_duration', 'http_req_failed', 'dropped_iterations']

/** A line per step that was taken, and the figure: the highest rate that held. */
export function describeSteps(steps: Step[], { metrics }: SummaryData): string {
  const taken = steps
    .filter(({ name }) => (metrics[`iterations{scenario:${name}}`]?.values.count ?? 0) > 0)
    .map(({ name, rate }) => {
      const of = (metric: string) => metrics[`${metric}{scenario:${name}}`]
      const broken = judgedBy.flatMap((metric) =>
        Object.entries(of(metric)?.thresholds ?? {}).flatMap(([limit, { ok }]) => (ok ? [] : [`${metric} ${limit}`])),
      )
      const { values } = of('http_req_duration')!
      return { rate, broken, p50: values['p(50)'] ?? 0, p99: values['p(99)'] ?? 0 }
    })
  const held = taken.findLast(({ broken }) => broken.length === 0)
  const line = ({ rate, broken, p50, p99 }: (typeof taken)[number]) =>
    `  ${broken.length > 0 ? '✗' : '✓'} ${String(rate).padStart(6)}/s   p50 ${ms(p50)}   p99 ${ms(p99)}   ${broken.join(', ')}`
  const broke = taken.some(({ broken }) => broken.length > 0)
  const figure = held ? `${held.rate}/s held${broke ? '' : ', and nothing broke: everybody had come'}` : 'no step held'
  return ['', ...taken.map((step) => line(step).trimEnd()), '', `  breakpoint: ${figure}`, '', ''].join('\n')
}

const ms = (value: number) => `${value.toFixed(0).padStart(5)} ms`

/** Responsible for one chart over time. The legend shows the values under the pointer, else the last ones. */
import { useSignal } from "@preact/signals"
import type { JSX } from "preact"
import { useEffect, useRef } from "preact/hooks"
import uPlot from "uplot"

import { formatTime } from "../lib/format-text.ts"
import { colours } from "../lib/theme.ts"

/** One line of a chart. */
export interface ChartLine {
  readonly name: string
  /** Custom property with its colour. */
  readonly colour: string
  readonly values: readonly (number | null)[]
}

/** A chart without its times. */
export interface ChartSpec {
  readonly title: string
  readonly format: (value: number) => string
  /** The number of the legend without a pointer: the sum of the hour, or its highest value. */
  readonly total: "sum" | "highest"
  /** Steps of the vertical axis are whole numbers. */
  readonly isCount?: boolean
  readonly lines: readonly ChartLine[]
}

interface ChartProps {
  readonly spec: ChartSpec
  /** Seconds since 1970. */
  readonly times: readonly number[]
}

const HEIGHT = 150

const colourOf = (property: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(property).trim()

/** 1, 2, 5, 10, … */
const WHOLE_STEPS = Array.from({ length: 27 }, (_, at) => ([1, 2, 5][at % 3] ?? 1) * 10 ** Math.floor(at / 3))

const axesOf = ({ format, isCount }: ChartSpec): uPlot.Axis[] => {
  const stroke = colourOf("--muted")
  const grid = { stroke: colourOf("--line"), width: 1 }
  const font = "11px system-ui, sans-serif"
  return [
    {
      stroke,
      font,
      grid: { show: false },
      ticks: { show: false },
      size: 26,
      values: (_, ticks) => ticks.map((tick) => formatTime(tick * 1000).slice(0, 5)),
    },
    {
      stroke,
      font,
      grid,
      ticks: { show: false },
      ...(isCount && { incrs: WHOLE_STEPS }),
      size: 62,
      space: 36,
      values: (_, ticks) => ticks.map((tick) => (tick === 0 ? "0" : format(tick))),
    },
  ]
}

const dataOf = ({ spec, times }: ChartProps): uPlot.AlignedData => [
  [...times],
  ...spec.lines.map(({ values }) => [...values]),
]

const draw = (props: ChartProps, element: HTMLElement, onPoint: (index: number | undefined) => void): uPlot => {
  const { spec } = props
  const options: uPlot.Options = {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { setScale: false } },
    padding: [8, 8, 0, 0],
    axes: axesOf(spec),
    scales: { y: { range: (_, __, max) => [0, Math.max(1, max) * 1.1] } },
    series: [
      {},
      ...spec.lines.map(({ colour, name, values }) => {
        const stroke = colourOf(colour)
        // A value between two gaps has no line.
        return { label: name, stroke, width: 1.5, points: { show: values.includes(null), size: 4, fill: stroke } }
      }),
    ],
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? undefined)] },
  }
  return new uPlot(options, dataOf(props), element)
}

const known = (values: ChartLine["values"]): readonly number[] => values.filter((value) => value !== null)

const valueAt = ({ values }: ChartLine, index: number | undefined, total: ChartSpec["total"]): number | undefined => {
  if (index !== undefined) return values[index] ?? undefined
  if (total === "sum") return known(values).reduce((sum, value) => sum + value, 0)
  return known(values).length > 0 ? Math.max(...known(values)) : undefined
}

const TOTALS = { sum: "Last hour", highest: "Highest" } as const

const Legend = ({ spec, times, index }: ChartProps & { readonly index: number | undefined }): JSX.Element => {
  const time = index === undefined ? undefined : times[index]
  return (
    <p class="legend numbers">
      <span class="muted legend-time">
        {time === undefined ? TOTALS[spec.total] : formatTime(time * 1000).slice(0, 5)}
      </span>
      {spec.lines.map((line) => {
        const value = valueAt(line, index, spec.total)
        return (
          <span key={line.name}>
            <i class="key" style={{ background: `var(${line.colour})` }} /> {line.name}{" "}
            <strong>{value === undefined ? "–" : spec.format(value)}</strong>
          </span>
        )
      })}
    </p>
  )
}

/** A chart with its title and legend. */
export const Chart = (props: ChartProps): JSX.Element => {
  const element = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const index = useSignal<number | undefined>(undefined)
  const current = colours.value
  useEffect(() => {
    const target = element.current
    if (!target) return undefined
    const drawn = draw(props, target, (at) => (index.value = at))
    plot.current = drawn
    const observer = new ResizeObserver(() => drawn.setSize({ width: target.clientWidth, height: HEIGHT }))
    observer.observe(target)
    return () => {
      observer.disconnect()
      drawn.destroy()
    }
  }, [current])
  useEffect(() => plot.current?.setData(dataOf(props)), [props.times, props.spec])
  const { title, lines } = props.spec
  return (
    <section class="panel chart" aria-label={title}>
      <h2>{title}</h2>
      <Legend {...props} index={index.value} />
      <div
        class="plot"
        ref={element}
        role="img"
        aria-label={`Chart over the last hour: ${lines.map(({ name }) => name).join(", ")}`}
      />
    </section>
  )
}

/**
 * Windows of one minute and, merged from those, of five. One timer for each window and not, as the window operator sets it, for each
 * observation: that operator, twice in a row, was tried first and took about as long.
 */
package peers;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

public class Windows extends KeyedProcessFunction<String, Observation, String> {
  private static final long minute = 60_000;
  private static final long fiveMinutes = 300_000;
  /** By start. */
  private transient MapState<Long, Window> minutes;
  private transient MapState<Long, Window> fives;

  @Override
  public void open(OpenContext context) {
    minutes = getRuntimeContext().getMapState(new MapStateDescriptor<>("minutes", Long.class, Window.class));
    fives = getRuntimeContext().getMapState(new MapStateDescriptor<>("fives", Long.class, Window.class));
  }

  @Override
  public void processElement(Observation observation, Context context, Collector<String> rows) throws Exception {
    long start = observation.time - observation.time % minute;
    if (start + minute - 1 <= context.timerService().currentWatermark()) return;
    Window window = opened(minutes, start, minute, context);
    window.add(observation.time, observation.result);
    minutes.put(start, window);
  }

  /** Where a minute and its five end together, the minute comes first. */
  @Override
  public void onTimer(long time, OnTimerContext context, Collector<String> rows) throws Exception {
    long start = time + 1 - minute;
    Window closed = minutes.get(start);
    if (closed != null) {
      minutes.remove(start);
      rows.collect(closed.row(context.getCurrentKey(), minute, start));
      long fiveStart = start - start % fiveMinutes;
      Window five = opened(fives, fiveStart, fiveMinutes, context);
      five.merge(closed);
      fives.put(fiveStart, five);
    }
    long fiveStart = time + 1 - fiveMinutes;
    Window five = fives.get(fiveStart);
    if (five == null) return;
    fives.remove(fiveStart);
    rows.collect(five.row(context.getCurrentKey(), fiveMinutes, fiveStart));
  }

  private static Window opened(MapState<Long, Window> windows, long start, long sizeMillis, Context context)
      throws Exception {
    Window window = windows.get(start);
    if (window != null) return window;
    context.timerService().registerEventTimeTimer(start + sizeMillis - 1);
    return new Window();
  }
}

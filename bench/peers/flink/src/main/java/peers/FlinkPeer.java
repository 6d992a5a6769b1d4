/**
 * Windows of one and of five minutes by Apache Flink, in one JVM: FILE ROWS PARALLELISM [CHECKPOINTS]. ROWS is a folder; with a folder for
 * CHECKPOINTS the state goes there every five seconds and what a checkpoint holds is written exactly once.
 *
 * As somebody would tune it who knows Flink: objects are reused, no type is left to Kryo, the file is read in its order by one source
 * that parses (so a watermark for all means the same as one for each), and state that fits into memory stays there.
 */
package peers;

import java.time.Duration;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.serialization.SimpleStringEncoder;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.connector.file.sink.FileSink;
import org.apache.flink.connector.file.src.FileSource;
import org.apache.flink.connector.file.src.reader.TextLineInputFormat;
import org.apache.flink.core.fs.Path;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.filesystem.rollingpolicies.OnCheckpointRollingPolicy;

public class FlinkPeer {
  private static final Duration lateness = Duration.ofMinutes(5);
  private static final Duration checkpointInterval = Duration.ofSeconds(5);

  public static void main(String[] arguments) throws Exception {
    Configuration configuration = new Configuration();
    configuration.set(ExecutionOptions.RUNTIME_MODE, RuntimeExecutionMode.STREAMING);
    configuration.set(PipelineOptions.OBJECT_REUSE, true);
    configuration.set(PipelineOptions.GENERIC_TYPES, false);
    if (arguments.length > 3) {
      configuration.set(StateBackendOptions.STATE_BACKEND, "hashmap");
      configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, checkpointInterval);
      configuration.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, "file://" + arguments[3]);
    }
    var environment = StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    environment.setParallelism(Integer.parseInt(arguments[2]));

    var file = FileSource.forRecordStreamFormat(new TextLineInputFormat(), new Path(arguments[0])).build();
    var rows = FileSink.forRowFormat(new Path(arguments[1]), new SimpleStringEncoder<String>())
        .withRollingPolicy(OnCheckpointRollingPolicy.build())
        .build();
    var watermarks = WatermarkStrategy.<Observation>forBoundedOutOfOrderness(lateness)
        .withTimestampAssigner((observation, before) -> observation.time);
    environment.fromSource(file, WatermarkStrategy.noWatermarks(), "file")
        .setParallelism(1)
        .map(new ObservationLines())
        .setParallelism(1)
        .assignTimestampsAndWatermarks(watermarks)
        .setParallelism(1)
        .keyBy(observation -> observation.key)
        .process(new Windows())
        .sinkTo(rows);
    environment.execute();
  }
}

// Throughput of the readers, and of the analysis behind `handoff report`, on one thread each:
//   dotnet run -c Release --project bench/Handoff.Tracing.Bench -- FILE...
// Prints a table: the best of several rounds, by wall clock and by processor time.
using System.Diagnostics;
using Handoff.Tracing.Findings;
using Handoff.Tracing.Recordings;

const int rounds = 9;
Console.WriteLine("| recording | what | events | M events/s | ns an event | MB/s | processor ms | KiB allocated | peak MiB |");
Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
foreach (var file in args)
{
    Measure(file, "read", static reader =>
    {
        reader.NamesMarkers = false; // as the analysis does
        ReadAll(reader);
    });
    Measure(file, "read, markers named after functions", ReadAll);
    Measure(file, "read and analysed (two threads)", static reader => TraceAnalyzer.Analyze(reader));
}

static void ReadAll(RecordingReader reader)
{
    DmaEvent e = default;
    ulong sum = 0;
    while (reader.Read(ref e))
        sum += e.Size;
    GC.KeepAlive(sum);
}

static void Measure(string file, string what, Action<RecordingReader> run)
{
    double best = double.MaxValue, processor = double.MaxValue;
    long events = 0, bytes = 0, allocated = 0;
    for (var round = 0; round < rounds; round++)
    {
        using var reader = Recording.Open(file);
        GC.Collect();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var used = Environment.CpuUsage.TotalTime;
        var watch = Stopwatch.StartNew();
        run(reader);
        watch.Stop();
        best = Math.Min(best, watch.Elapsed.TotalSeconds);
        processor = Math.Min(processor, (Environment.CpuUsage.TotalTime - used).TotalSeconds);
        allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        events = reader.Statistics.Events;
        bytes = reader.Statistics.Cpus.Sum(static c => c.Bytes);
        foreach (var diagnostic in reader.Diagnostics)
            Console.Error.WriteLine($"{file}: {diagnostic}");
    }

    if (bytes == 0)
        bytes = new FileInfo(file).Length; // text
    Console.WriteLine(
        $"| {Path.GetFileName(file)} | {what} | {events} | {events / best / 1e6:f1} | {best / events * 1e9:f0} | {bytes / best / 1e6:f0} | {processor * 1000:f0} | {allocated >> 10} | {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} |");
}

// Throughput of the readers: dotnet run -c Release --project bench/Handoff.Tracing.Bench -- FILE...
using System.Diagnostics;
using Handoff.Tracing.Recordings;

foreach (var file in args)
{
    for (var round = 0; round < 7; round++)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var opening = Stopwatch.StartNew();
        using var reader = Recording.Open(file);
        opening.Stop();
        var opened = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();
        DmaEvent e = default;
        ulong sum = 0;
        while (reader.Read(ref e))
            sum += e.Size;
        watch.Stop();
        var s = watch.Elapsed.TotalSeconds;
        var bytes = reader.Statistics.Cpus.Sum(static c => c.Bytes);
        Console.WriteLine(
            $"{Path.GetFileName(file)} round {round}: {reader.Statistics.Events} events in {s * 1000:f1} ms = {reader.Statistics.Events / s / 1e6:f2} M/s, "
            + $"{bytes / s / 1e6:f0} MB/s of pages; opened in {opening.Elapsed.TotalMilliseconds:f1} ms; allocated {(opened - allocated) >> 10} KiB opening, "
            + $"{(GC.GetAllocatedBytesForCurrentThread() - opened) >> 10} KiB reading; peak {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MiB; sum {sum:x}");
        foreach (var diagnostic in reader.Diagnostics)
            Console.WriteLine(diagnostic);
    }
}

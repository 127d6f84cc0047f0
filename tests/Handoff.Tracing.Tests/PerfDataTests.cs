using Handoff.Tracing.Findings;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Recordings.Input;
using Handoff.Tracing.Recordings.TraceDat;

namespace Handoff.Tracing.Tests;

/// <summary>
/// perf.data: recordings of a real perf; and written by an independent writer, real records of a real kernel in perf's wrapping, and every sample layout,
/// byte order and damage by hand.
/// </summary>
public sealed class PerfDataTests
{
    private static readonly byte[] Six = RecordingTests.Unpacked(Path.Combine(RecordingFiles.Shipped, "arm64-nc-small", "trace.v6.dat.zst"));

    internal static byte[] Real { get; } = Rewrapped(rounds: true).File();

    [Theory]
    [InlineData("file")]
    [InlineData("pipe")]
    [InlineData("unordered")]
    [InlineData("compressed")]
    [InlineData("compressed with sizes")]
    public void Records_of_a_real_kernel_read_as_from_trace_dat(string shape)
    {
        var writer = Rewrapped(rounds: shape != "unordered");
        if (shape.StartsWith("compressed", StringComparison.Ordinal))
            writer.Compress(0, 20_000, shape.EndsWith("sizes", StringComparison.Ordinal));
        using var original = Recording.Open(new MemoryStream(Six));
        using var perf = Recording.Open(new MemoryStream(shape == "pipe" ? writer.Pipe() : writer.File()));
        Assert.Equal((RecordingFormat.PerfData, 2), (perf.Header.Format, perf.Header.FormatVersion));
        var expected = EventText.All(original, microseconds: false);
        Assert.Equal(expected, EventText.All(perf, microseconds: false));
        Assert.Empty(perf.Diagnostics);
        Assert.Equal("6.12.117", perf.Header.KernelRelease);
        Assert.Equal(expected.Count, perf.Statistics.Events);
        Assert.Equal(perf.Statistics.Events, perf.Statistics.Cpus.Sum(static c => c.Events));
    }

    [Theory]
    [InlineData(false, SyntheticPerfData.Usual, 0)]
    [InlineData(true, SyntheticPerfData.Usual, 0)]
    [InlineData(false, SyntheticPerfData.Usual | SyntheticPerfData.CallChain | SyntheticPerfData.Address | SyntheticPerfData.StreamId, 0)]
    [InlineData(true, SyntheticPerfData.Usual | SyntheticPerfData.CallChain | SyntheticPerfData.Read, 4)]
    [InlineData(false, SyntheticPerfData.Usual | SyntheticPerfData.Read, 4 | 8 | 16)]
    [InlineData(false, SyntheticPerfData.Usual | SyntheticPerfData.Read, 1 | 2)]
    [InlineData(true, SyntheticPerfData.Usual | SyntheticPerfData.Read, 1 | 2 | 4 | 8)]
    [InlineData(false, SyntheticPerfData.Ip | SyntheticPerfData.Ids | SyntheticPerfData.Time | SyntheticPerfData.Id | SyntheticPerfData.Cpu | SyntheticPerfData.Raw, 0)]
    [InlineData(true, SyntheticPerfData.Ids | SyntheticPerfData.Time | SyntheticPerfData.Address | SyntheticPerfData.Id | SyntheticPerfData.Cpu | SyntheticPerfData.Raw, 0)]
    public void Every_layout_of_samples_is_read(bool bigEndian, ulong sampleType, ulong readFormat)
    {
        var records = new SyntheticTraceDat(bigEndian, 8, 4096);
        var writer = new SyntheticPerfData(bigEndian, new SyntheticTraceDat(bigEndian, 8, 4096).File());
        writer.Event(sampleType, [11, 12], readFormat);
        writer.Event(sampleType, [13], readFormat, type: 1); // no tracepoint: its samples are left out
        writer.Comm(0, 77, "cp");
        writer.Comm(4, 77, "mv");
        writer.Fork(6, 78, 77);
        writer.Sample(5, 1, 77, 12, records.MapPage("0000:00:01.0", 0x1_2345_6000, 0xabc000, 4096, 2));
        writer.Sample(5, 1, 77, 13, records.MapPage("nothing", 1, 1, 1, 1));
        writer.Lost(7, 1, 42);
        writer.LostSamples(8, 3, 1); // among the 42
        writer.LostSamples(8, 3, 44);
        writer.FinishedRound();
        writer.Sample(3, 0, 77, 11, records.MapSg("camera", [0x1000, 0x2_0000_0000]));
        writer.FinishedRound();
        using var reader = Recording.Open(new MemoryStream(writer.File()));
        Assert.Equal(bigEndian, reader.Header.IsBigEndian);
        Assert.Equal(("box", "6.12.117", "perf 6.1.9", "aarch64", 4), (reader.Header.HostName, reader.Header.KernelRelease, reader.Header.Recorder, reader.Header.Architecture, reader.Header.CpuCount));

        DmaEvent e = default;
        Assert.True(reader.Read(ref e));
        Assert.Equal((DmaEventKind.MapSg, 3UL, 0, 77, "camera", "cp"), (e.Kind, e.Time, e.Cpu, e.Pid, reader.DeviceName(e), reader.TaskName(e)));
        Assert.Equal([new PhysicalAddress(0x1000), new PhysicalAddress(0x2_0000_0000)], e.PhysicalAddresses.ToArray());
        Assert.True(reader.Read(ref e));
        Assert.Equal((DmaEventKind.MapPage, 5UL, 1, "0000:00:01.0", "mv"), (e.Kind, e.Time, e.Cpu, reader.DeviceName(e), reader.TaskName(e)));
        Assert.Equal((new DmaAddress(0xabc000), 4096UL, DmaDirection.FromDevice), (e.DmaAddress, e.Size, e.Direction));
        Assert.True(reader.Read(ref e));
        Assert.Equal((DmaEventKind.LostEvents, 7UL, 1, 42UL, false), (e.Kind, e.Time, e.Cpu, e.LostCount, e.IsLostAnywhere));
        Assert.True(reader.Read(ref e));
        Assert.Equal((DmaEventKind.LostEvents, 7UL, 3UL, true), (e.Kind, e.Time, e.LostCount, e.IsLostAnywhere));
        Assert.False(reader.Read(ref e));
        Assert.Equal((2L, 45UL, 2L), (reader.Statistics.Events, reader.Statistics.Lost, reader.Statistics.LostNotes));
        Assert.Equal("HT0310", Assert.Single(reader.Diagnostics).Id);
    }

    [Theory]
    [InlineData("plain.data", "swiotlb_bounced 620, dma_map_page 60, dma_unmap_page 60, dma_map_sg 48, dma_unmap_sg 48, dma_alloc 2", 0)]
    [InlineData("zstd.data", "swiotlb_bounced 150, dma_map_page 6, dma_unmap_page 6, dma_map_sg 16, dma_unmap_sg 16, dma_alloc 1", 0)]
    [InlineData("pipe.data", "swiotlb_bounced 20, dma_map_page 20, dma_unmap_page 20", 0)]
    [InlineData("lost.data", "swiotlb_bounced 238, dma_map_page 236, dma_unmap_page 240, sched_switch 752", 1477)]
    public void Recordings_of_a_real_kernel_are_read_and_nobody_is_accused(string name, string counts, int lost)
    {
        string path = Path.Combine(RecordingFiles.Shipped, "x86-perf", name);
        var events = new SortedDictionary<string, long>(StringComparer.Ordinal);
        using (var reader = Recording.Open(path))
        {
            DmaEvent e = default;
            while (reader.Read(ref e))
            {
                if (e.Kind != DmaEventKind.LostEvents)
                    events[reader.EventNames[e.EventType]] = events.GetValueOrDefault(reader.EventNames[e.EventType]) + 1;
                if (e.Kind == DmaEventKind.SwiotlbBounced)
                    Assert.Equal((ulong.MaxValue, true), (e.DmaMask, e.IsForced));
            }

            Assert.Empty(reader.Diagnostics);
            Assert.Equal((ulong)lost, reader.Statistics.Lost);
        }

        var expected = counts.Split(", ").Select(static count => count.Split(' ')).Order(Comparer<string[]>.Create(static (a, b) => string.CompareOrdinal(a[0], b[0])));
        Assert.Equal(expected.Select(static count => $"{count[0]} {count[1]}"), events.Select(static count => $"{count.Key} {count.Value}"));
        using var again = Recording.Open(path);
        TraceAnalysis analysis = TraceAnalyzer.Analyze(again, cancellation: TestContext.Current.CancellationToken);
        Assert.Empty(analysis.Accusations);
        Assert.Equal(events.GetValueOrDefault("dma_map_page") + events.GetValueOrDefault("dma_map_sg"), analysis.Statistics.Devices.Sum(static d => d.SingleMaps + d.ListMaps));
    }

    [Fact]
    public void Samples_that_stand_twice_are_taken_once()
    {
        var records = new SyntheticTraceDat(false, 8, 4096);
        var writer = new SyntheticPerfData(false, new SyntheticTraceDat(false, 8, 4096).File());
        writer.Event(SyntheticPerfData.Usual, [11]);
        writer.Sample(5, 1, 77, 11, records.MapPage("0000:00:01.0", 0x1000, 0xa000, 4096, 2));
        writer.Sample(9, 1, 77, 11, records.MapPage("0000:00:01.0", 0x2000, 0xb000, 4096, 2));
        writer.Sample(5, 1, 77, 11, records.MapPage("0000:00:01.0", 0x1000, 0xa000, 4096, 2)); // again
        writer.Sample(9, 2, 77, 11, records.MapPage("0000:00:01.0", 0x2000, 0xb000, 4096, 2)); // another processor
        writer.Sample(9, 1, 77, 11, records.MapPage("0000:00:01.0", 0x3000, 0xc000, 4096, 2)); // other contents
        writer.FinishedRound();
        using var reader = Recording.Open(new MemoryStream(writer.File()));
        DmaEvent e = default;
        var read = new List<(ulong, int, ulong)>();
        while (reader.Read(ref e))
            read.Add((e.Time, e.Cpu, e.PhysicalAddress.Value));
        Assert.Equal([(5UL, 1, 0x1000UL), (9UL, 1, 0x2000UL), (9UL, 1, 0x3000UL), (9UL, 2, 0x2000UL)], read.Order());
        Assert.Equal(4, reader.Statistics.Events);
        Assert.Equal("HT0312", Assert.Single(reader.Diagnostics).Id);
    }

    [Fact]
    public void Damage_is_named_and_what_precedes_it_is_read()
    {
        var (all, _) = Read(Small(static _ => { }));
        Assert.Equal(3, all);
        Assert.Equal((3L, "HT0306"), Read(Small(static w => w.Records.AddRange([9, 0, 0, 0, 0, 0, 4, 0]))));
        Assert.Equal((3L, "HT0306"), Read(Small(static w => w.Records.AddRange([9, 0, 0, 0, 0, 0, 200, 0, 1, 2]))));
        Assert.Equal((3L, "HT0308"), Read(Small(static w => w.Record(9, [12, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]))));
        Assert.Equal((3L, "HT0307"), Read(Small(static w => w.Record(81, [1, 2, 3, 4, 5, 6, 7, 8]))));
        Assert.Equal((3L, "HT0306"), Read(Small(static w => w.Record(83, [255, 255, 0, 0, 0, 0, 0, 0]))));

        var good = Small(static _ => { });
        Assert.Equal((0L, "HT0300"), Read(good[..90]));
        Assert.Equal("HT0303", Read(good[..^10]).Id);
        Assert.Equal("HT0304", Read(good[..(104 + 8 + 144 + 100)]).Id);
        byte[] notEnded = [.. good[..48], .. new byte[8], .. good[56..]];
        Assert.Equal((0L, "HT0309"), Read(notEnded));
        byte[] wrongSize = [.. good[..16], 7, .. good[17..]];
        Assert.Equal("HT0301", Read(wrongSize).Id);

        var writer = new SyntheticPerfData(false, Six);
        writer.Event(SyntheticPerfData.Usual & ~SyntheticPerfData.Raw, [12]);
        writer.Sample(5, 1, 77, 12, []);
        Assert.Equal((0L, "HT0311"), Read(writer.File()));
        Assert.Equal("HT0302", Read(writer.File(withFormats: false)).Id);
    }

    [Fact]
    public void More_than_fits_without_a_finished_round_comes_out_all_the_same()
    {
        var records = new SyntheticTraceDat(false, 8, 4096);
        var writer = new SyntheticPerfData(false, new SyntheticTraceDat(false, 8, 4096).File());
        writer.Event(SyntheticPerfData.Usual, [12]);
        var addresses = Enumerable.Range(0, 7000).Select(static i => (ulong)i << 12).ToArray();
        for (ulong i = 0; i < 1500; i++)
            writer.Sample(i ^ 1, 0, 77, 12, records.MapSg("camera", addresses));
        using var reader = Recording.Open(new MemoryStream(writer.File()));
        DmaEvent e = default;
        ulong last = 0;
        while (reader.Read(ref e))
        {
            Assert.True(e.Time + 1 >= last);
            last = e.Time;
        }

        Assert.Equal(1500, reader.Statistics.Events);
        Assert.Equal("HT0305", Assert.Single(reader.Diagnostics).Id);
    }

    private static byte[] Small(Action<SyntheticPerfData> damage)
    {
        var records = new SyntheticTraceDat(false, 8, 4096);
        var writer = new SyntheticPerfData(false, new SyntheticTraceDat(false, 8, 4096).File());
        writer.Event(SyntheticPerfData.Usual, [12]);
        for (ulong i = 0; i < 3; i++)
            writer.Sample(i, 0, 77, 12, records.MapPage("nic", 1, 2, 3, 1));
        damage(writer);
        return writer.File();
    }

    private static (long Events, string Id) Read(byte[] file)
    {
        using var reader = Recording.Open(new MemoryStream(file));
        DmaEvent e = default;
        while (reader.Read(ref e))
            Assert.Equal("nic", reader.DeviceName(e));
        return (reader.Statistics.Events, reader.Diagnostics.Count == 0 ? "" : reader.Diagnostics[0].Id);
    }

    /// <summary>The records of a trace.dat in perf's wrapping: what each CPU's buffer holds after a while, one CPU after the other.</summary>
    private static SyntheticPerfData Rewrapped(bool rounds)
    {
        var writer = new SyntheticPerfData(false, Six);
        writer.Event(SyntheticPerfData.Usual, [100, 101]);
        using var empty = new EmptyReader(new DiagnosticBag());
        using var source = new ByteSource(new MemoryStream(Six), leaveOpen: false);
        using var file = new TraceDatFile(empty, source);
        file.Open();
        var perCpu = file.Streams.ConvertAll(static stream =>
        {
            var records = new List<(ulong Time, byte[] Record)>();
            while (stream.MoveNext())
                records.Add((stream.Time, stream.Record.ToArray()));
            return records;
        });
        Assert.True(perCpu.Count == 2 && perCpu.TrueForAll(static records => records.Count > 1000));
        var next = new int[perCpu.Count];
        // In turn, each CPU is read up to about now; the second one a little later, as in life.
        for (var now = 0UL; perCpu.Where((records, cpu) => next[cpu] < records.Count).Any(); now += 30_000_000)
        {
            for (var cpu = 0; cpu < perCpu.Count; cpu++)
            {
                for (; next[cpu] < perCpu[cpu].Count && perCpu[cpu][next[cpu]].Time <= now + ((ulong)cpu * 5_000_000); next[cpu]++)
                {
                    var (time, record) = perCpu[cpu][next[cpu]];
                    writer.Sample(time, cpu, BitConverter.ToInt32(record, 4), 100 + (ulong)cpu, record);
                }
            }

            if (rounds)
                writer.FinishedRound();
        }

        return writer;
    }
}

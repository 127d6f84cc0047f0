using Handoff.Tracing.Recordings;
using Handoff.Tracing.Writing;

namespace Handoff.Tracing.Tests;

/// <summary>What is written as trace.dat reads as what was read, record by record or encoded anew.</summary>
public sealed class RecordingCopyTests
{
    private static readonly byte[] Six = RecordingTests.Unpacked(Path.Combine(RecordingFiles.Shipped, "arm64-nc-small", "trace.v6.dat.zst"));

    [Theory]
    [InlineData("trace.dat", false)]
    [InlineData("trace.dat", true)]
    [InlineData("perf.data", false)]
    [InlineData("perf.data", true)]
    [InlineData("trace.txt", false)]
    public void A_copy_of_everything_reads_the_same(string format, bool encode)
    {
        byte[] original = format switch
        {
            "trace.dat" => Six,
            "perf.data" => PerfDataTests.Real,
            _ => RecordingTests.Unpacked(Path.Combine(RecordingFiles.Shipped, "x86-force-512", "trace.txt.zst")),
        };
        using var first = Recording.Open(new MemoryStream(original));
        using var second = Recording.Open(new MemoryStream(Copy(original, encode)));
        bool text = format == "trace.txt"; // nanoseconds below its microseconds keep the order of its lines
        var expected = EventText.All(first, microseconds: text);
        Assert.Equal(expected, EventText.All(second, microseconds: text));
        Assert.True(expected.Count > 16_000);
        Assert.Empty(second.Diagnostics);
        Assert.Equal((7, "zstd"), (second.Header.FormatVersion, second.Header.InnerCompression));
        Assert.Equal(second.Statistics.Cpus.Select(static c => c.Events), second.Statistics.Cpus.Select(static c => c.RecordedEntries));
        if (!encode)
            Assert.Equal((first.Header.KernelRelease, first.Header.Architecture), (second.Header.KernelRelease, second.Header.Architecture));
    }

    [Theory]
    [InlineData(false, 8, 4096)]
    [InlineData(true, 8, 4096)]
    [InlineData(false, 4, 4096)]
    [InlineData(true, 4, 65536)]
    [InlineData(false, 8, 16384)]
    public void Every_shape_is_written(bool bigEndian, int longSize, int pageSize)
    {
        var writer = new SyntheticTraceDat(bigEndian, longSize, pageSize);
        writer.Data(5, writer.MapPage("0000:00:01.0", 0x1_2345_6000, 0xabc000, 4096, 2));
        writer.Special(30, 7, 3); // 7 + 3 << 27 later
        writer.Data(1, writer.MapSg("camera", [.. Enumerable.Range(0, 120).Select(static i => (ulong)i << 20)]));
        writer.Special(31, 9, 16); // back in time
        writer.Data(2, writer.MapSg("camera", []));
        byte[] records = [.. writer.Records];
        const ulong start = 0x0800_0000_0000_0000 + 1000;
        var file = writer.File((start, 0, records), (start + (1UL << 40), 77, records), (start + (1UL << 41), null, records), (start + (1UL << 42), 3, []), (start + (1UL << 43), 0, []));
        foreach (var encode in (bool[])[false, true])
        {
            using var first = Recording.Open(new MemoryStream(file));
            using var second = Recording.Open(new MemoryStream(Copy(file, encode)));
            Assert.Equal(encode ? (false, 8) : (bigEndian, longSize), (second.Header.IsBigEndian, second.Header.LongSize));
            var expected = EventText.All(first, microseconds: false);
            Assert.Equal(13, expected.Count);
            var got = EventText.All(second, microseconds: false);
            // A note's time is that of the record before it, where there is one; order and count are what matters.
            Assert.Equal(expected.Where(static line => !line.Contains("LostEvents", StringComparison.Ordinal)), got.Where(static line => !line.Contains("LostEvents", StringComparison.Ordinal)));
            Assert.Equal(expected.Select(Kind), got.Select(Kind));
            Assert.Equal((first.Statistics.Lost, first.Statistics.LostNotes), (second.Statistics.Lost, second.Statistics.LostNotes));
            Assert.Empty(second.Diagnostics);
        }

        static string Kind(string line) => string.Join(' ', line.Split(' ')[1..]);
    }

    [Fact]
    public void Lists_too_long_for_a_record_are_cut_and_counted()
    {
        var line = $"x-1 [000] ..... 1.000001: dma_unmap_sg: gpu dir=TO_DEVICE phys_addrs={{{string.Join(',', Enumerable.Range(0, 9000).Select(static i => $"0x{i:x}000"))}}} attrs=\n";
        byte[] text = System.Text.Encoding.ASCII.GetBytes(line);
        using var reader = Recording.Open(new MemoryStream(text));
        DmaEvent e = default;
        Assert.True(reader.Read(ref e));
        using var copy = new RecordingCopy(reader);
        copy.Add(e);
        Assert.Equal(1, copy.Cut);
        using var memory = new MemoryStream();
        copy.WriteTo(memory);
        memory.Position = 0;
        using var second = Recording.Open(memory);
        DmaEvent f = default;
        Assert.True(second.Read(ref f));
        Assert.InRange(f.PhysicalAddresses.Length, 7000, 8000);
        Assert.True(e.PhysicalAddresses.StartsWith(f.PhysicalAddresses));
        Assert.Empty(second.Diagnostics);
    }

    private static byte[] Copy(byte[] original, bool encode)
    {
        using var reader = Recording.Open(new MemoryStream(original));
        DmaEvent e = default;
        RecordingCopy? copy = null;
        while (reader.Read(ref e))
            (copy ??= new RecordingCopy(reader, encode)).Add(e);
        using var memory = new MemoryStream();
        copy!.WriteTo(memory);
        copy.Dispose();
        return memory.ToArray();
    }
}

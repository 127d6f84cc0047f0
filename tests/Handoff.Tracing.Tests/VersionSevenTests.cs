using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Tests;

/// <summary>Version 7 in the shapes that the recordings lack: zlib, no compression, big endian, chained options, text instead of a buffer.</summary>
public sealed class VersionSevenTests
{
    private static readonly byte[] Six = RecordingTests.Unpacked(Path.Combine(RecordingFiles.Shipped, "arm64-nc-small", "trace.v6.dat.zst"));

    [Theory]
    [InlineData("none")]
    [InlineData("zlib")]
    [InlineData("zstd")]
    public void Every_compression_tells_the_same(string compression)
    {
        using var six = Recording.Open(new MemoryStream(Six));
        using var seven = Recording.Open(new MemoryStream(new SyntheticTraceDat7(Six, compression).File()));
        Assert.Equal((7, compression, six.Header.KernelRelease), (seven.Header.FormatVersion, seven.Header.InnerCompression, seven.Header.KernelRelease));
        Assert.Equal(EventText.All(six, microseconds: false), EventText.All(seven, microseconds: false));
        Assert.Empty(seven.Diagnostics);
        Assert.True(seven.Statistics.Events > 30_000);
    }

    [Theory]
    [InlineData(true, 8, 4096, "none")]
    [InlineData(true, 8, 4096, "zlib")]
    [InlineData(true, 4, 65536, "zstd")]
    [InlineData(false, 4, 16384, "zlib")]
    public void Every_byte_order_tells_the_same(bool bigEndian, int longSize, int pageSize, string compression)
    {
        var writer = new SyntheticTraceDat(bigEndian, longSize, pageSize);
        writer.Data(5, writer.MapPage("0000:00:01.0", 0x1_2345_6000, 0xabc000, 4096, 2));
        writer.Data(1, writer.MapSg("camera", [0x1000, 0x2_0000_0000]));
        byte[] records = [.. writer.Records];
        var file = writer.File((1000, null, records), (2000, 7, records), (3000, 0, []), (4000, null, records), (5000, null, records));
        using var six = Recording.Open(new MemoryStream(file));
        using var seven = Recording.Open(new MemoryStream(new SyntheticTraceDat7(file, compression).File()));
        Assert.Equal((bigEndian, longSize, pageSize), (seven.Header.IsBigEndian, seven.Header.LongSize, seven.Header.SubBufferSize));
        Assert.Equal("mono", seven.Header.Clock);
        var expected = EventText.All(six, microseconds: false);
        Assert.Equal(10, expected.Count);
        Assert.Equal(expected, EventText.All(seven, microseconds: false));
        Assert.Empty(seven.Diagnostics);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(6)]
    public void A_latency_trace_is_read_as_text(int version)
    {
        const string text =
            "# tracer: nop\n#\n# nop latency trace v1.1.5 on 6.18.44\n" +
            "# --------------------------------------------------------------------\n" +
            "# latency: 0 us, #2/2, CPU#0 | (M:PREEMPT(none) VP:0, KP:0, SP:0 HP:0 #P:2)\n" +
            "#  cmd     pid     |||||| time  |   caller     \n#     \\   /        ||||||  \\    |    /       \n" +
            "   <...>-3689      1...1. 4687042053us+: tracing_mark_write: LAB one\n" +
            "  <idle>-0         0d.h2. 4687042101us : dma_unmap_page: 0000:00:09.0 dir=TO_DEVICE dma_addr=104d93a80 size=48 attrs=\n";
        var file = new SyntheticTraceDat(false, 8, 4096).File();
        var tag = file.AsSpan().IndexOf("flyrecord\0"u8);
        var bytes = version == 7 ? new SyntheticTraceDat7(file, "zlib").File(text) : [.. file[..tag], .. "latency  \0"u8, .. System.Text.Encoding.UTF8.GetBytes(text)];
        using var reader = Recording.Open(new MemoryStream(bytes));
        DmaEvent e = default;
        Assert.True(reader.Read(ref e));
        Assert.Equal((DmaEventKind.Marker, 4_687_042_053_000UL, 1, 3689, "LAB one"), (e.Kind, e.Time, e.Cpu, e.Pid, RecordingReader.TextOf(e)));
        Assert.True(reader.Read(ref e));
        Assert.Equal((DmaEventKind.UnmapPage, 4_687_042_101_000UL, 0, 0, "<idle>", 48UL), (e.Kind, e.Time, e.Cpu, e.Pid, reader.TaskName(e), e.Size));
        Assert.False(reader.Read(ref e));
        Assert.Equal(0, reader.Statistics.Malformed);
    }
}

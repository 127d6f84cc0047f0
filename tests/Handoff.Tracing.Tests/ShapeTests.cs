using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Tests;

/// <summary>Byte orders, word sizes, page sizes, time records and lost-event marks that the recordings lack.</summary>
public sealed class ShapeTests
{
    [Theory]
    [InlineData(false, 8, 4096)]
    [InlineData(true, 8, 4096)]
    [InlineData(false, 4, 4096)]
    [InlineData(true, 4, 65536)]
    [InlineData(false, 8, 16384)]
    public void Every_shape_is_read(bool bigEndian, int longSize, int pageSize)
    {
        var writer = new SyntheticTraceDat(bigEndian, longSize, pageSize);
        writer.Data(5, writer.MapPage("0000:00:01.0", 0x1_2345_6000, 0xabc000, 4096, 2));
        writer.Special(30, 7, 3); // extend: 7 + 3 << 27
        writer.Data(1, writer.MapSg("camera", [0x1000, 0x2_0000_0000]));
        writer.Special(31, 9, 16); // absolute: 9 + 16 << 27, top bits kept
        writer.Data(2, writer.MapSg("camera", []));
        writer.Special(29, 4, 4); // discarded
        writer.Data(1, writer.MapPage("nic", 1, 2, 3, 77)); // a direction that was never stored
        var first = writer.Records.ToArray();
        writer.Records.Clear();
        writer.Data(1, writer.MapPage("nic", 4, ulong.MaxValue, 6, 1));
        var second = writer.Records.ToArray();
        const ulong start = 0x0800_0000_0000_0000 + 1000;
        var file = writer.File((start, null, first), (start + (1UL << 40), 0, second), (start + (1UL << 41), 1234, second), (start + (1UL << 42), null, []));

        using var reader = Recording.Open(new MemoryStream(file));
        Assert.Empty(reader.Diagnostics);
        Assert.Equal(bigEndian, reader.Header.IsBigEndian);
        Assert.Equal(longSize, reader.Header.LongSize);
        Assert.Equal(pageSize, reader.Header.SubBufferSize);

        DmaEvent e = default;
        Assert.True(reader.Read(ref e));
        Assert.Equal((DmaEventKind.MapPage, start + 5, 77, 4096UL), (e.Kind, e.Time, e.Pid, e.Size));
        Assert.Equal(new PhysicalAddress(0x1_2345_6000), e.PhysicalAddress);
        Assert.Equal(new DmaAddress(0xabc000), e.DmaAddress);
        Assert.Equal(DmaDirection.FromDevice, e.Direction);
        Assert.Equal(DmaAttributes.SkipCpuSync, e.Attributes);
        Assert.Equal("0000:00:01.0", reader.DeviceName(e));
        Assert.Equal("cat", reader.TaskName(e));

        Assert.True(reader.Read(ref e));
        Assert.Equal((DmaEventKind.MapSg, start + 5 + 7 + (3UL << 27) + 1), (e.Kind, e.Time));
        Assert.Equal([new PhysicalAddress(0x1000), new PhysicalAddress(0x2_0000_0000)], e.PhysicalAddresses.ToArray());
        Assert.True(e.DmaAddresses.IsEmpty && e.Lengths.IsEmpty);
        Assert.Equal(2, e.FullNents);

        Assert.True(reader.Read(ref e));
        Assert.Equal(0x0800_0000_0000_0000 + 9 + (16UL << 27) + 2, e.Time);
        Assert.True(e.PhysicalAddresses.IsEmpty);

        Assert.True(reader.Read(ref e));
        Assert.Equal(0x0800_0000_0000_0000 + 9 + (16UL << 27) + 2 + 4 + 1, e.Time);
        Assert.False(e.HasDirection);

        Assert.True(reader.Read(ref e));
        Assert.Equal((DmaEventKind.LostEvents, 0UL), (e.Kind, e.LostCount));
        Assert.True(reader.Read(ref e));
        Assert.False(e.DmaAddress.IsMapped);
        Assert.True(reader.Read(ref e));
        Assert.Equal((DmaEventKind.LostEvents, 1234UL), (e.Kind, e.LostCount));
        Assert.True(reader.Read(ref e));
        Assert.False(reader.Read(ref e));
        Assert.Empty(reader.Diagnostics);
        Assert.Equal((6L, 2L, 1234UL), (reader.Statistics.Events, reader.Statistics.LostNotes, reader.Statistics.Lost));
    }
}

using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Tests;

/// <summary>Damaged input never throws and never hangs; what precedes a cut is read.</summary>
public sealed class FuzzTests
{
    private static readonly byte[] Seven = File.ReadAllBytes(Path.Combine(RecordingFiles.Shipped, "arm64-nc-small", "trace.dat"));
    private static readonly byte[] Six = RecordingTests.Unpacked(Path.Combine(RecordingFiles.Shipped, "arm64-nc-small", "trace.v6.dat.zst"));
    private static readonly byte[] Text = RecordingTests.Unpacked(Path.Combine(RecordingFiles.Shipped, "x86-force-512", "trace.txt.zst"))[..300_000];

    [Theory]
    [InlineData(7)]
    [InlineData(6)]
    [InlineData(0)]
    [InlineData(2)]
    public void Flipped_bytes_never_throw(int version)
    {
        var original = version switch { 7 => Seven, 6 => Six, 2 => PerfDataTests.Real, _ => Text };
        var random = new Random(version * 7919);
        for (var i = 0; i < 60; i++)
        {
            var bytes = (byte[])original.Clone();
            var flips = 1 << random.Next(0, 10);
            // Half of the rounds aim at the beginning, where lengths and offsets are.
            var range = i % 2 == 0 ? bytes.Length : Math.Min(bytes.Length, 64 << (i % 12));
            for (var f = 0; f < flips; f++)
                bytes[random.Next(range)] = (byte)random.Next(256);
            Drain(bytes);
        }
    }

    [Theory]
    [InlineData(7)]
    [InlineData(6)]
    [InlineData(0)]
    [InlineData(2)]
    public void Cut_files_never_throw(int version)
    {
        var original = version switch { 7 => Seven, 6 => Six, 2 => PerfDataTests.Real, _ => Text };
        var random = new Random(version * 104729);
        for (var i = 0; i < 40; i++)
            Drain(original[..random.Next(i < 10 ? 200 : original.Length)]);
    }

    [Fact]
    public void A_cut_recording_gives_what_precedes_the_cut_and_says_where()
    {
        using var whole = Recording.Open(new MemoryStream(Six));
        var all = EventText.All(whole, false);
        using var cut = Recording.Open(new MemoryStream(Six[..^200_000]));
        var some = EventText.All(cut, false);
        Assert.NotEmpty(some);
        Assert.True(some.Count < all.Count);
        Assert.Equal(2, some.RemoveAll(static e => e.Contains(" LostEvents ", StringComparison.Ordinal))); // what CPU 1 did after the cut, where that begins and ends
        Assert.Subset(all.ToHashSet(), some.ToHashSet());
        Assert.Contains(cut.Diagnostics, d => d.Id == "HT0108" && d.Offset > 0);
    }

    private static void Drain(byte[] bytes)
    {
        using var reader = Recording.Open(new MemoryStream(bytes));
        DmaEvent e = default;
        long events = 0;
        while (reader.Read(ref e))
            events++;
        Assert.True(events <= bytes.Length * 64L);
        Assert.True(reader.Diagnostics.Count <= 200);
    }
}

using System.Globalization;
using Handoff.Tracing.Recordings;
using ZstdSharp;

namespace Handoff.Tracing.Tests;

public sealed class RecordingTests
{
    public static TheoryData<string> DatAndText => RecordingFiles.Directories("trace.dat", "trace.txt.zst");

    public static TheoryData<string> Versions => RecordingFiles.Directories("trace.dat", "trace.v6.dat.zst");

    public static TheoryData<string> TextAndStats => RecordingFiles.Directories("trace.txt.zst", "trace_stats.txt");

    public static TheoryData<string> DatAndStats => RecordingFiles.Directories("trace.dat", "trace_stats.txt");

    [Theory]
    [MemberData(nameof(DatAndText))]
    public void Binary_and_text_tell_the_same(string directory)
    {
        using var binary = Recording.Open(Path.Combine(directory, "trace.dat"));
        using var text = Recording.Open(Path.Combine(directory, "trace.txt.zst"));
        DmaEvent b = default, t = default;
        long n = 0;
        while (true)
        {
            var more = binary.Read(ref b);
            Assert.Equal(more, text.Read(ref t));
            if (!more)
                break;
            n++;
            var left = EventText.Of(binary, b, microseconds: true);
            var right = EventText.Of(text, t, microseconds: true);
            if (b.Kind == DmaEventKind.Marker && left.Contains(" print: ", StringComparison.Ordinal))
                left = left.Replace(" print: ", " tracing_mark_write: ", StringComparison.Ordinal); // a recording without kallsyms names no function
            if (left != right)
                Assert.Fail($"event {n}:\nbinary {left}\ntext   {right}");
            Assert.True(t.Task == 0 || binary.TaskName(b).Length > 0);
        }

        Assert.True(n > 0);
        Assert.Empty(binary.Diagnostics);
        Assert.Empty(text.Diagnostics);
        Assert.Equal(0, binary.Statistics.Malformed + text.Statistics.Malformed + binary.Statistics.WithoutFormat);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Versions_6_and_7_tell_the_same(string directory)
    {
        using var seven = Recording.Open(Path.Combine(directory, "trace.dat"));
        using var six = Recording.Open(Path.Combine(directory, "trace.v6.dat.zst"));
        Assert.Equal(7, seven.Header.FormatVersion);
        Assert.Equal(6, six.Header.FormatVersion);
        Assert.Equal("zstd", six.Header.OuterCompression);
        Assert.StartsWith("6.12.117", seven.Header.KernelRelease, StringComparison.Ordinal);
        Assert.Equal(seven.Header.KernelRelease, six.Header.KernelRelease);
        Assert.Equal(EventText.All(seven, microseconds: false), EventText.All(six, microseconds: false));
        Assert.Empty(six.Diagnostics);
    }

    [Theory]
    [MemberData(nameof(TextAndStats))]
    public void Text_counts_equal_the_kernels(string directory) => CountsEqual(directory, "trace.txt.zst");

    [Theory]
    [MemberData(nameof(DatAndStats))]
    public void Binary_counts_equal_the_kernels(string directory) => CountsEqual(directory, "trace.dat");

    [Fact]
    public void Gzip_and_plain_streams_are_recognised()
    {
        var plain = Unpacked(Path.Combine(RecordingFiles.Shipped, "x86-force-512", "trace.txt.zst"));
        using var packed = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(plain);
        packed.Position = 0;
        using var one = Recording.Open(packed);
        using var two = Recording.Open(new MemoryStream(plain));
        Assert.Equal(EventText.All(two, false), EventText.All(one, false));
        Assert.Equal("gzip", one.Header.OuterCompression);
        Assert.True(one.Statistics.Events > 16_000);
    }

    [Theory]
    [InlineData("", "HT0002")]
    [InlineData("no trace at all\nnone\n", "HT0002")]
    [InlineData("\u00fd7zXZ\0", "HT0003")]
    public void Other_files_are_refused_with_a_diagnostic(string content, string id)
    {
        using var reader = Recording.Open(new MemoryStream(System.Text.Encoding.Latin1.GetBytes(content)));
        DmaEvent e = default;
        Assert.False(reader.Read(ref e));
        Assert.Equal(id, Assert.Single(reader.Diagnostics).Id);
    }

    [Fact]
    public void A_missing_file_is_a_diagnostic()
    {
        using var reader = Recording.Open(Path.Combine(AppContext.BaseDirectory, "no-such-file"));
        Assert.Equal("HT0001", Assert.Single(reader.Diagnostics).Id);
    }

    internal static byte[] Unpacked(string path)
    {
        using var stream = new DecompressionStream(File.OpenRead(path));
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }

    private static void CountsEqual(string directory, string file)
    {
        using var reader = Recording.Open(Path.Combine(directory, file));
        DmaEvent e = default;
        while (reader.Read(ref e))
        {
        }

        var cpu = -1;
        foreach (var line in File.ReadLines(Path.Combine(directory, "trace_stats.txt")))
        {
            if (line.StartsWith("== cpu", StringComparison.Ordinal))
                cpu = int.Parse(line.AsSpan(6), CultureInfo.InvariantCulture);
            else if (line.StartsWith("entries: ", StringComparison.Ordinal))
                Assert.Equal(long.Parse(line.AsSpan(9), CultureInfo.InvariantCulture), reader.Statistics.Cpus.Single(c => c.Cpu == cpu).Events);
        }

        Assert.True(cpu >= 0);
    }
}

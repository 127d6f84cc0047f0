using System.IO.Compression;
using System.Text.Json;

namespace Handoff.Cli.Tests.Traces;

/// <summary>A damaged recording: what precedes the damage is used, the damage is named, and the exit code is 3, whatever the verb and the format.</summary>
public sealed class DamageTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("handoff-damage-").FullName;

    public static TheoryData<string, string> VerbsAndFormats
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string verb in (string[])["report", "report --json", "report --no-replay", "dump", "dump --json", "slice -o OUT", "redact -o OUT", "export --parquet OUT", "diff TRACE", "replay --swiotlb 64M", "size"])
            {
                foreach (string format in (string[])["gz", "zst", "zst in gz", "dat 6", "dat 7", "dat 7 cut", "dat 7 half", "tar.gz"])
                    data.Add(verb, format);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(VerbsAndFormats))]
    public void Every_verb_uses_what_precedes_damage_and_ends_with_3(string verb, string format)
    {
        string path = Damaged(format), output = Path.Combine(_directory, "out.dat");
        string[] words = verb.Split(' ');
        var run = Run.Of([words[0], path, .. words.Skip(1).Select(word => word == "OUT" ? output : word == "TRACE" ? path : word)]);
        Assert.Equal(ExitCode.BadInput, run.Code);
        Assert.Matches(@": error( HT0\d\d\d at byte [1-9]\d*)?: ", run.Error);
        bool isEmpty = format == "dat 7 half" && words is ["replay" or "size", ..]; // CPU 1 is missing from the start
        if (isEmpty)
            Assert.Contains("there is no load to replay", run.Error, StringComparison.Ordinal);
        Assert.Equal(isEmpty, run.Out.Length == 0);
        if (verb == "report --json")
        {
            JsonElement recording = JsonDocument.Parse(run.Out).RootElement.GetProperty("recording");
            Assert.True(recording.GetProperty("events").GetInt64() > 1000);
            Assert.Equal(format.StartsWith("dat", StringComparison.Ordinal), recording.TryGetProperty("partialFrom", out _)); // others lack the end of all CPUs
        }

        if (verb.EndsWith("-o OUT", StringComparison.Ordinal))
            Assert.InRange(Run.Of("dump", output).Out.Split('\n').Length, 1000, 32_000);
    }

    [Fact]
    public void Whole_recordings_have_nothing_to_tell()
    {
        var run = Run.Of("report", TraceFiles.Text, "--no-replay");
        Assert.Equal((ExitCode.AsExpected, ""), (run.Code, run.Error));
    }

    [Fact]
    public void What_was_not_judged_is_not_praised()
    {
        string part = Run.Of("report", Damaged("dat 7 half"), "--no-replay").Out, whole = Run.Of("report", TraceFiles.Text, "--no-replay").Out;
        Assert.Contains("All events of some CPU are missing", part, StringComparison.Ordinal);
        Assert.Contains("no double unmap", whole, StringComparison.Ordinal);
        Assert.DoesNotContain("no double unmap", part, StringComparison.Ordinal);
        Assert.DoesNotContain("unmaps agree", part, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(5000)]
    public void A_gzip_that_was_cut_off_is_not_taken_for_a_whole_one(int missing)
    {
        byte[] whole = Gzip(File.ReadAllBytes(TraceFiles.Dat));
        string path = Path.Combine(_directory, "cut");
        File.WriteAllBytes(path, whole[..^missing]);
        var run = Run.Of("dump", path);
        Assert.Equal(ExitCode.BadInput, run.Code);
        Assert.Contains("HT0006 at byte", run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    internal static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    private string Damaged(string format)
    {
        byte[] text = File.ReadAllBytes(TraceFiles.Text);
        using var unpacked = new ZstdSharp.DecompressionStream(new MemoryStream(text));
        using var plain = new MemoryStream();
        unpacked.CopyTo(plain);
        byte[] bytes = format switch
        {
            "gz" => Cut(Gzip(plain.ToArray()), 0.6),
            "zst" => Cut(text, 0.7),
            "zst in gz" => Cut(Gzip(text), 0.7),
            "dat 6" => Six(),
            "dat 7 cut" => Cut(File.ReadAllBytes(TraceFiles.Dat), 0.97),
            "dat 7 half" => Cut(File.ReadAllBytes(TraceFiles.Dat), 0.75), // in the data of CPU 0
            "dat 7" => Flipped(File.ReadAllBytes(TraceFiles.Dat)),
            _ => Cut(Gzip(Tar("box/trace.txt", plain.ToArray())), 0.7),
        };
        string path = Path.Combine(_directory, "recording");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static byte[] Cut(byte[] bytes, double share) => bytes[..(int)(bytes.Length * share)];

    private static byte[] Six()
    {
        using var unpacked = new ZstdSharp.DecompressionStream(File.OpenRead(TraceFiles.Six));
        using var plain = new MemoryStream();
        unpacked.CopyTo(plain);
        return Cut(plain.ToArray(), 0.95);
    }

    // The last compressed chunks of events lie before the sections' table.
    private static byte[] Flipped(byte[] bytes)
    {
        for (int at = bytes.Length * 8 / 10; at < (bytes.Length * 8 / 10) + 64; at++)
            bytes[at] ^= 0xff;
        return bytes;
    }

    private static byte[] Tar(string name, byte[] content)
    {
        using var bytes = new MemoryStream();
        using (var tar = new System.Formats.Tar.TarWriter(bytes, leaveOpen: true))
            tar.WriteEntry(new System.Formats.Tar.UstarTarEntry(System.Formats.Tar.TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
        return bytes.ToArray();
    }
}

using System.Diagnostics;
using System.Formats.Tar;

namespace Handoff.Cli.Tests.Traces;

/// <summary>Recordings are found by their content, wherever they come from.</summary>
public sealed class InputTests : IDisposable
{
    private const string Line = "  init-1     [000] d..2.   1.000123: dma_map_page: nic dir=FROM_DEVICE dma_addr=7bc10000 size=512 phys_addr=142a3000 attrs=\n";

    private readonly string _directory = Directory.CreateTempSubdirectory("handoff-input-").FullName;

    [Theory]
    [InlineData("gzip in zstd")]
    [InlineData("zstd in gzip")]
    [InlineData("gzip in gzip in gzip")]
    public void Packed_twice_is_unpacked_twice(string how)
    {
        byte[] bytes = File.ReadAllBytes(TraceFiles.Dat);
        foreach (string packing in how.Split(" in "))
            bytes = packing == "gzip" ? DamageTests.Gzip(bytes) : Zstd(bytes);
        string path = Place("picture.png", bytes);
        Assert.Equal(Run.Of("dump", TraceFiles.Dat, "--to", "1").Out, Run.Of("dump", path, "--to", "1").Out);
    }

    [Theory]
    [InlineData("xz", "xz", "fd377a585a00")]
    [InlineData("bzip2", "bzip2", "425a68393141")]
    [InlineData("lz4", "lz4", "04224d186440")]
    [InlineData("lzip", "lzip", "4c5a4950010c")]
    [InlineData("compress", "gzip", "1f9d90000000")]
    public void Other_compressions_are_called_by_their_names(string name, string program, string head)
    {
        var run = Run.Of("report", Place("trace.dat", [.. Convert.FromHexString(head), .. new byte[100]]));
        Assert.Equal(ExitCode.BadInput, run.Code);
        Assert.Contains($"HT0003: the file is compressed with {name}, which is not read directly\n  hint: unpack it first: {program} -dk FILE", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_has_the_recording_that_looks_like_one()
    {
        Place("box/notes.md", "Nothing here.\n"u8.ToArray());
        Place("box/mine.bin", DamageTests.Gzip(System.Text.Encoding.UTF8.GetBytes(Line)));
        Place("box/machine.txt", "## uname\nLinux box 6.12.117 #1 SMP aarch64 GNU/Linux\n"u8.ToArray());
        string expected = "box · linux 6.12.117 · aarch64 · ";
        Assert.StartsWith(expected, Run.Of("report", Path.Combine(_directory, "box"), "--no-replay").Out, StringComparison.Ordinal);
        // One directory further down, too; then the outer name is the title.
        Assert.StartsWith("handoff-input-", Run.Of("report", _directory, "--no-replay").Out, StringComparison.Ordinal);
        Place("box/other.bin", System.Text.Encoding.UTF8.GetBytes(Line));
        var run = Run.Of("report", Path.Combine(_directory, "box"));
        Assert.Equal((ExitCode.BadInput, true), (run.Code, run.Error.EndsWith("box: there are several recordings in it\n  hint: name one of them: mine.bin, other.bin\n", StringComparison.Ordinal)));
    }

    [Fact]
    public void An_archive_of_two_bundles_does_not_mix_their_facts()
    {
        string archive = Path.Combine(_directory, "two.tar");
        using (var tar = new TarWriter(File.Create(archive)))
        {
            Add(tar, "a/recording", Line);
            Add(tar, "b/machine.txt", "## uname\nLinux other 7.0.1 #1 SMP aarch64 GNU/Linux\n");
        }

        Assert.DoesNotContain("7.0.1", Run.Of("report", archive, "--no-replay").Out, StringComparison.Ordinal);
        using (var tar = new TarWriter(File.Create(archive)))
        {
            Add(tar, "a/trace.txt", Line);
            Add(tar, "b/trace.txt", Line);
        }

        Assert.Contains("there are several recordings in it\n  hint: unpack it", Run.Of("report", archive).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_other_files_in_an_archive_do_no_harm()
    {
        string archive = Path.Combine(_directory, "many.tar");
        using (var tar = new TarWriter(File.Create(archive)))
        {
            for (int i = 0; i < 6000; i++)
                Add(tar, $"etc/{i}", "x");
            Add(tar, "trace/..", "x");
            Add(tar, "trace/trace.txt", Line);
        }

        Assert.Contains("1 event", Run.Of("report", archive, "--no-replay").Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("report")]
    [InlineData("report --no-replay")]
    [InlineData("dump")]
    [InlineData("size")]
    [InlineData("replay --swiotlb 1M")]
    [InlineData("redact --force -o OUT")]
    [InlineData("slice --force -o OUT")]
    [InlineData("export --parquet OUT")]
    public void Pipes_are_read_by_every_verb(string verb)
    {
        Place("plain/trace.txt", File.ReadAllBytes(TraceFiles.Text));
        string bundle = Path.Combine(_directory, "bundle.tar");
        TarFile.CreateFromDirectory(Path.Combine(_directory, "plain"), bundle, includeBaseDirectory: true);
        string words = verb.Replace("OUT", Path.Combine(_directory, "out.dat"), StringComparison.Ordinal);
        var (first, rest) = words.IndexOf(' ', StringComparison.Ordinal) is var blank and > 0 ? (words[..blank], words[blank..]) : (words, "");
        foreach (string input in (string[])[TraceFiles.Dat, TraceFiles.Text, bundle])
        {
            (int code, string error) = Shell($"\"$HANDOFF\" {first} - {rest} <'{input}' >/dev/null; echo $? >&2; \"$HANDOFF\" {first} <(cat '{input}') {rest} >/dev/null");
            Assert.Equal((0, "0\n"), (code, error.Replace("handoff: <stdin>: warning HT0201", "", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void Pipes_that_lie_in_a_bundle_are_not_waited_for()
    {
        string recording = Place("bundle/trace.txt", System.Text.Encoding.UTF8.GetBytes(Line));
        Assert.Equal((0, ""), Shell($"cd '{Path.GetDirectoryName(recording)}'; mkfifo dmesg.txt machine.txt other; \"$HANDOFF\" report . --no-replay >/dev/null"));
    }

    [Fact]
    public void Endless_input_without_an_event_ends() =>
        Assert.Equal((3, true), Shell("\"$HANDOFF\" report /dev/zero --no-replay") is var (code, error) ? (code, error.Contains("HT0002", StringComparison.Ordinal)) : default);

    [Fact]
    public void What_a_killed_recorder_leaves_is_called_by_its_name()
    {
        string left = Directory.CreateDirectory(Path.Combine(_directory, "left")).FullName, cpu = Path.Combine(left, "trace.dat.cpu1");
        byte[] page = new byte[8192];
        page[1] = 0x12;
        page[8] = 0x40;
        File.WriteAllBytes(cpu, page);
        File.WriteAllBytes(Path.Combine(left, "trace.dat.cpu0"), []);
        foreach (string path in (string[])[left, cpu])
        {
            var run = Run.Of("report", path);
            Assert.Equal((ExitCode.BadInput, ""), (run.Code, run.Out));
            Assert.Contains(": this is what trace-cmd record leaves if it is killed", run.Error, StringComparison.Ordinal);
            Assert.Contains($"trace-cmd restore -o {left}/trace.dat {left}/trace.dat.cpu*", run.Error, StringComparison.Ordinal);
        }

        // A recording beside them, or under such a name, is read.
        File.Copy(TraceFiles.Dat, Path.Combine(left, "trace.dat"));
        File.Copy(TraceFiles.Dat, Path.Combine(_directory, "copy.cpu3"));
        Assert.Equal(ExitCode.AsExpected, Run.Of("dump", left).Code);
        Assert.Equal(ExitCode.AsExpected, Run.Of("dump", Path.Combine(_directory, "copy.cpu3")).Code);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static void Add(TarWriter tar, string name, string content) =>
        tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)) });

    private static byte[] Zstd(byte[] bytes)
    {
        using var compressor = new ZstdSharp.Compressor();
        return compressor.Wrap(bytes).ToArray();
    }

    private string Place(string name, byte[] content)
    {
        string path = Path.Combine(_directory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    private static (int Code, string Error) Shell(string script)
    {
        var start = new ProcessStartInfo("bash", ["-c", script]) { UseShellExecute = false, RedirectStandardError = true };
        start.Environment["HANDOFF"] = Path.Combine(AppContext.BaseDirectory, "handoff");
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(60_000))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail("the program did not end");
        }

        return (process.ExitCode, error.Result);
    }
}

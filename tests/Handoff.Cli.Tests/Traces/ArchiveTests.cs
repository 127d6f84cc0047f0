using System.Formats.Tar;
using System.IO.Compression;

namespace Handoff.Cli.Tests.Traces;

/// <summary>Bundles come as directories and as archives of directories, whatever they are called.</summary>
public sealed class ArchiveTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("handoff-archive-").FullName;
    private readonly string _bundle;

    public ArchiveTests()
    {
        _bundle = Path.Combine(_directory, "box", "bundle");
        Directory.CreateDirectory(_bundle);
        File.Copy(TraceFiles.Dat, Path.Combine(_bundle, "trace.dat"));
        File.WriteAllText(Path.Combine(_bundle, "machine.txt"), "## uname\nLinux box 6.12.117 #1 SMP aarch64 GNU/Linux\n");
        File.WriteAllText(Path.Combine(_bundle, "../escape"), "nothing of this may be unpacked");
    }

    [Theory]
    [InlineData("tar")]
    [InlineData("tar.gz")]
    [InlineData("tar.zst")]
    [InlineData("zip")]
    public void Archives_read_as_the_directory_in_them(string kind)
    {
        string archive = Path.Combine(_directory, "anything." + kind);
        using (var file = File.Create(archive))
        {
            if (kind == "zip")
            {
                ZipFile.CreateFromDirectory(Path.Combine(_directory, "box"), file);
            }
            else
            {
                using Stream packed = kind switch { "tar.gz" => new GZipStream(file, CompressionLevel.Fastest), "tar.zst" => new ZstdSharp.CompressionStream(file, 1), _ => file };
                TarFile.CreateFromDirectory(Path.Combine(_directory, "box"), packed, includeBaseDirectory: false);
            }
        }

        var expected = Run.Of("dump", _bundle, "--to", "1");
        Assert.Equal(expected, Run.Of("dump", archive, "--to", "1"));
        Assert.NotEmpty(expected.Out);
        // The facts come along: of a bundle, a slice is a bundle.
        Assert.Equal(ExitCode.AsExpected, Run.Of("slice", archive, "-o", Path.Combine(_directory, "part"), "--to", "1").Code);
        Assert.Equal(["machine.txt", "trace.dat"], Directory.GetFiles(Path.Combine(_directory, "part")).Select(static file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Hostile_names_in_an_archive_lead_nowhere()
    {
        string archive = Path.Combine(_directory, "hostile.tar");
        using (var tar = new TarWriter(File.Create(archive)))
        {
            foreach (string name in (string[])["../../../trace.dat", "/tmp/handoff-hostile/machine.txt", "x/../../dmesg.txt"])
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream("x-1 [000] ..... 1.0: dma_map_page: nic dir=TO_DEVICE dma_addr=1 size=1 phys_addr=1 attrs=\n"u8.ToArray()) });
            tar.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "machine.dts") { LinkName = "/etc/passwd" });
        }

        var run = Run.Of("dump", archive);
        Assert.Equal((ExitCode.AsExpected, 1), (run.Code, run.Out.Count(static sign => sign == '\n')));
        Assert.False(Directory.Exists("/tmp/handoff-hostile"));
        Assert.False(File.Exists(Path.Combine(Path.GetTempPath(), "trace.dat")));
    }

    [Theory]
    [InlineData("gnu", 30_000_000, false)]
    [InlineData("pax", 30_000_000, false)]
    [InlineData("gnu", 4000, true)]
    [InlineData("pax", 4000, true)]
    public void A_name_of_megabytes_is_refused_before_it_is_read(string format, int length, bool isRead)
    {
        string archive = Path.Combine(_directory, "long.tar"), name = string.Concat(Enumerable.Repeat("a/", length / 2)) + "trace.txt";
        using (var tar = new TarWriter(File.Create(archive)))
        {
            PosixTarEntry entry = format == "gnu" ? new GnuTarEntry(TarEntryType.RegularFile, name) : new PaxTarEntry(TarEntryType.RegularFile, name);
            entry.DataStream = new MemoryStream("x-1 [000] ..... 1.0: dma_map_page: nic dir=TO_DEVICE dma_addr=1 size=1 phys_addr=1 attrs=\n"u8.ToArray());
            tar.WriteEntry(entry);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        var run = Run.Of("dump", archive);
        if (isRead)
        {
            Assert.Equal((ExitCode.AsExpected, "", 1), (run.Code, run.Error, run.Out.Count(static sign => sign == '\n')));
            return;
        }

        Assert.Equal((ExitCode.BadInput, ""), (run.Code, run.Out));
        Assert.Contains("long.tar: the archive is damaged or cannot be unpacked: a file's name or its attributes are longer than 1 MiB", run.Error, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, length);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}

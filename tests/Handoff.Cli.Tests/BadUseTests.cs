using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace Handoff.Cli.Tests;

/// <summary>What bad use gets: a message, a hint where there is one, and an exit code. Never a stack trace, never a result.</summary>
public sealed class BadUseTests : IDisposable
{
    private const string Good = "litmus \"t\"\ndevice d;\nbuffer b = page(4K);\nb.write(1);\nexpect ok;\n";

    private const string Lines = "nic-1 [000] ..... 1.000001: dma_map_page: nic dir=TO_DEVICE dma_addr=1000 size=1 phys_addr=1000 attrs=\ndisk-2 [001] ..... 1.000002: dma_unmap_page: disk dir=TO_DEVICE dma_addr=1000 size=1 attrs=\n";

    private readonly string _directory = Directory.CreateTempSubdirectory("handoff-bad-use-").FullName;

    public BadUseTests()
    {
        File.WriteAllText(In("good.litmus"), Good);
        File.WriteAllText(In("broken.litmus"), "litmus \"t\"\ndevice d { dma_maks 32 }\n");
        File.WriteAllText(In("empty.litmus"), "");
        File.WriteAllText(In("words.litmus"), "lorem ipsum dolor sit amet\n");
        File.WriteAllText(In("open-string.litmus"), "litmus \"never ends\n");
        File.WriteAllBytes(In("zero.litmus"), [0x6c, 0x69, 0x00, 0x74]);
        File.WriteAllBytes(In("latin1.litmus"), [.. "litmus \"caf"u8, 0xE9, .. "\"\n"u8]);
        File.WriteAllBytes(In("trace.dat"), [0x17, 0x08, 0x44, .. "tracing6\0\0\0"u8]);
        File.WriteAllText(In("long.litmus"), new string('x', (4 << 20) + 1));
        File.WriteAllText(In("escape.litmus"), "litmus \"t\"\n\e[31mred\e[0m\n");
        File.WriteAllBytes(In("eight.dat"), [0x17, 0x08, 0x44, .. "tracing8\0\0\u0008\0\u0010\0\0"u8]);
        File.WriteAllBytes(In("lzma.dat"), [0x17, 0x08, 0x44, .. "tracing7\0\0\u0008\0\u0010\0\0lzma\u00001.0\0"u8, .. new byte[16]]);
        File.WriteAllText(In("trace.txt"), Lines);
        File.WriteAllBytes(In("trace.txt.xz"), [0xfd, .. "7zXZ\0\0"u8, .. new byte[20]]);
        File.WriteAllBytes(In("cut.gz"), [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b]);
        File.WriteAllBytes(In("cut.zst"), [0x28, 0xb5, 0x2f, 0xfd, 0x24, 0x20]);
        File.WriteAllBytes(In("broken.zip"), [.. "PK\u0003\u0004"u8, .. new byte[100]]);
        using (var file = new GZipStream(File.Create(In("empty.tar.gz")), CompressionLevel.Fastest))
        using (var tar = new TarWriter(file))
            tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, "bundle/"));
        Directory.CreateDirectory(In("nothing"));
        Directory.CreateDirectory(In("some"));
        File.WriteAllText(In("some/good.litmus"), Good);
        File.WriteAllText(In("some/broken.litmus"), "litmus 1\n");
    }

    /// <summary>Command line ($ stands for the directory with the files), exit code, what stands in the message.</summary>
    public static TheoryData<string, int, string> Table => new()
    {
        // verbs
        { "chekc", 2, "unknown verb 'chekc'\n  hint: did you mean 'check'?" },
        { "expalin x", 2, "unknown verb 'expalin'\n  hint: did you mean 'explain'?" },
        { "kernel", 2, "did you mean 'kernels'?" },
        { "frobnicate", 2, "unknown verb 'frobnicate'\n  hint: see handoff --help" },
        { "$/good.litmus", 2, "did you mean 'handoff check $/good.litmus'?" },
        { "CHECK $/good.litmus", 2, "unknown verb 'CHECK'" },

        // options
        { "--verison", 2, "unknown option '--verison'\n  hint: did you mean '--version'?" },
        { "-x", 2, "unknown option '-x'" },
        { "check --kernal linux-6.12 $/good.litmus", 2, "unknown option '--kernal'\n  hint: did you mean '--kernel'?" },
        { "check --jsn $/good.litmus", 2, "did you mean '--json'?" },
        { "check -q $/good.litmus", 2, "unknown option '-q'" },
        { "check $/good.litmus --timeout=5s --wat=1", 2, "unknown option '--wat'" },
        { "kernels --explain", 2, "unknown option '--explain'" },
        { "explain $/good.litmus --herd", 2, "unknown option '--herd'" },
        { "check", 2, "'handoff check' needs PATH …" },
        { "explain", 2, "'handoff explain' needs FILE" },
        { "explain $/good.litmus $/good.litmus", 2, "is one word too many" },
        { "check $/good.litmus --kernel", 2, "option '--kernel' needs A,B,…" },
        { "check $/good.litmus --max-states", 2, "option '--max-states' needs N" },
        { "check $/good.litmus --kernel linux-6.4 --kernel linux-6.12", 2, "option '--kernel' is given twice" },

        // values
        { "check $/good.litmus --kernel linux-6.99", 2, "'linux-6.99' is no known kernel; the nearest is linux-6.18\n  hint: handoff kernels lists them all" },
        { "check $/good.litmus --kernel linx-6.12", 2, "'linx-6.12' is no known kernel; the nearest is linux-6.12" },
        { "check $/good.litmus --kernel +no-bunce", 2, "'+no-bunce' is no known add-on; the nearest is +no-bounce" },
        { "check $/good.litmus --kernel linux-6.12..linux-6.4", 2, "runs backwards" },
        { "check $/good.litmus --kernel linux-6.4,,linux-6.12", 2, "has an empty item" },
        { "check $/good.litmus --kernel linux-6.12,areas=maybe", 2, "'maybe' is no value of areas; it takes no, yes" },
        { "check $/good.litmus --kernel linux-6.12,arias=yes", 2, "'arias' is no known switch; the nearest is areas" },
        { "kernels nonsense", 2, "'nonsense' is no known kernel" },
        { "check $/good.litmus --max-states 0", 2, "--max-states: '0' is no number of states" },
        { "check $/good.litmus --max-states -1", 2, "--max-states: '-1' is no number of states" },
        { "check $/good.litmus --max-states 1e9", 2, "--max-states: '1e9' is no number of states" },
        { "check $/good.litmus --max-states 99999999999999999999", 2, "is no number of states" },
        { "check $/good.litmus --max-states 9999999999999G", 2, "is no number of states" },
        { "check $/good.litmus --timeout soon", 2, "--timeout: 'soon' is no time\n  hint: write a time up to a day" },
        { "check $/good.litmus --timeout 0s", 2, "is no time" },
        { "check $/good.litmus --timeout 1000000000m", 2, "is no time" },
        { "check $/good.litmus --on noncoherant", 2, "'noncoherant' is no kind of machine\n  hint: did you mean 'noncoherent'?" },
        { "check $/good.litmus --on x", 2, "words: coherent, noncoherent" },
        { "check $/good.litmus --on coherent,noncoherent", 2, "no machine is both coherent and noncoherent" },
        { "check $/good.litmus --on direct,forced", 2, "no machine is both forced and direct" },
        { "check $/good.litmus --herd --json", 2, "--json and --herd exclude each other" },
        { "check $/good.litmus --json --format sarif", 2, "--format sarif and --json exclude each other" },
        { "check $/good.litmus --format sarf", 2, "--format: 'sarf' is no format\n  hint: did you mean 'sarif'?" },
        { "check $/good.litmus --format xml --json", 2, "--format: 'xml' is no format" },
        { "check $/good.litmus --format", 2, "option '--format' needs NAME" },
        { "check $/good.litmus --format ktap --explain", 2, "--format ktap and --explain exclude each other" },
        { "report $/trace.txt --format ktap", 2, "--format: 'ktap' is no format" },
        { "check $/good.litmus --herd --explain", 2, "--herd and --explain exclude each other" },
        { "explain $/good.litmus --verdict stael", 2, "'stael' is no verdict\n  hint: did you mean 'stale'?" },

        // files
        { "check $/missing.litmus", 3, "missing.litmus: no such file or directory" },
        { "check $/god.litmus", 3, "did you mean '$/good.litmus'?" },
        { "check $/nowhere/at/all.litmus", 3, "no such file or directory" },
        { "check $/nothing", 3, "no .litmus file in this directory or below" },
        { "explain $/some", 3, "is a directory\n  hint: handoff check $/some --explain tells all its stories" },
        { "check $/broken.litmus", 3, "broken.litmus:2:12: error HL" },
        { "check $/empty.litmus", 3, "empty.litmus:1:1: error HL" },
        { "check $/words.litmus", 3, "words.litmus:1:1: error HL" },
        { "check $/open-string.litmus", 3, "error HL0003" },
        { "check $/zero.litmus", 3, "zero.litmus: is no text: byte 2 is zero" },
        { "check $/latin1.litmus", 3, "latin1.litmus: is no UTF-8 text: wrong at byte 11" },
        { "check $/trace.dat", 3, "trace.dat: is no text" },
        { "check $/long.litmus", 3, "long.litmus: too long for a litmus test" },
        { "check $/escape.litmus", 3, "escape.litmus:2:1: error HL" },
        { "check /dev/null", 3, "/dev/null:1:1: error HL" },
        { "check /proc/self/mem", 3, "/proc/self/mem: cannot be read" },
        { "check -", 3, "-:1:1: error HL" },

        // recordings
        { "dmup $/trace.txt", 2, "unknown verb 'dmup'\n  hint: did you mean 'dump'?" },
        { "dump", 2, "'handoff dump' needs TRACE" },
        { "dump $/trace.txt $/trace.txt", 2, "is one word too many" },
        { "dump $/trace.txt --json --csv", 2, "--json and --csv exclude each other" },
        { "dump $/trace.txt --jsom", 2, "unknown option '--jsom'\n  hint: did you mean '--json'?" },
        { "dump $/trace.txt --device", 2, "option '--device' needs A,B,…" },
        { "dump $/trace.txt --device nic,", 2, "--device: 'nic,' has an empty item" },
        { "dump $/trace.txt --device nik", 2, "no device 'nik' in the recording\n  hint: did you mean 'nic'?" },
        { "dump $/trace.txt --device 0000:00:02.0", 2, "no device '0000:00:02.0' in the recording\n  hint: there are: nic, disk" },
        { "dump $/trace.txt --event dma_map_pgae", 2, "no event 'dma_map_pgae' in the recording\n  hint: did you mean 'dma_map_page'?" },
        { "dump $/trace.txt --from soon", 2, "--from: 'soon' is no time\n  hint: write seconds of the recording's clock (12.5)" },
        { "dump $/trace.txt --from -1", 2, "--from: '-1' is no time" },
        { "dump $/trace.txt --to 1e3", 2, "--to: '1e3' is no time" },
        { "dump $/trace.txt --to 99999999999999999999", 2, "--to: '99999999999999999999' is no time" },
        { "dump $/trace.txt --from 2 --to 1", 2, "--from 2 is after --to 1" },
        { "dump $/trace.txt --from-marker phase", 2, "no marker contains 'phase'\n  hint: handoff dump TRACE --event marker lists them" },
        { "dump $/trace.txt --address here", 2, "--address: 'here' is no address" },
        { "dump $/trace.txt --address 2000-1000", 2, "--address: '2000-1000' is no address" },
        { "dump $/trace.txt --address 1000+0", 2, "--address: '1000+0' is no address" },
        { "dump $/trace.txt --address ffffffffffffffff+2", 2, "is no address and no range of them" },
        { "dump $/trace.txt --address 11112222333344445", 2, "is no address" },
        { "dump $/missing.dat", 3, "missing.dat: no such file or directory" },
        { "dump $/trace.tx", 3, "did you mean '$/trace.txt'?" },
        { "dump $/nothing", 3, "nothing: there is no recording in this directory\n  hint: looked for trace.dat" },
        { "dump $/some", 3, "there is no recording in this directory" },
        { "dump $/empty.litmus", 3, "empty.litmus: error HT0002: the file is empty" },
        { "dump $/words.litmus", 3, "words.litmus: error HT0002: this is no recording of a known format" },
        { "dump $/zero.litmus", 3, "error HT0002" },
        { "dump $/trace.dat", 3, "trace.dat: error HT0100 at byte 0: the file ends within its first fields" },
        { "dump $/eight.dat", 3, "eight.dat: error HT0101 at byte 10: version 8 of trace.dat is unknown" },
        { "dump $/lzma.dat", 3, "lzma.dat: error HT0102: compression lzma is unknown" },
        { "dump $/trace.txt.xz", 3, "error HT0003: the file is compressed with xz, which is not read directly\n  hint: unpack it first" },
        { "dump $/cut.gz", 3, "cut.gz: error HT000" },
        { "dump $/cut.zst", 3, "cut.zst: error HT000" },
        { "dump $/broken.zip", 3, "broken.zip: the archive is damaged or cannot be unpacked" },
        { "dump $/empty.tar.gz", 3, "empty.tar.gz: there is no recording in this archive" },
        { "dump /dev/null", 3, "/dev/null: error HT0002: the file is empty" },
        { "dump /proc/self/mem", 3, "/proc/self/mem: error HT0001" },
        { "dump -", 3, "-: error HT0002: the file is empty" },
        { "slice $/trace.txt", 2, "option '--output' needs OUT" },
        { "slice -o $/new.dat", 2, "'handoff slice' needs TRACE" },
        { "slice $/trace.txt -o", 2, "option '--output' needs OUT" },
        { "slice $/trace.txt -o $/new.dat --event map_sg", 2, "unknown option '--event'" },
        { "slice $/trace.txt -o $/new.dat --device nik", 2, "no device 'nik' in the recording\n  hint: did you mean 'nic'?" },
        { "slice $/missing.dat -o $/new.dat", 3, "missing.dat: no such file or directory" },
        { "slice $/words.litmus -o $/new.dat", 3, "error HT0002" },
        { "slice $/trace.txt -o $/no/such/place.dat", 5, "place.dat: there is no directory $/no/such" },
        { "slice $/trace.txt -o $/good.litmus", 5, "good.litmus: exists already\n  hint: --force replaces it" },
        { "slice $/trace.txt -o $/some", 5, "some: is a directory that is not empty\n  hint: name a new one" },
        { "slice $/trace.txt -o /dev/null", 5, "/dev/null: is no place for files" },
        { "slice $/trace.txt -o /dev/full --force", 5, "/dev/full: is no place for files" },
        { "slice $/trace.txt -o /proc/new.dat", 5, "is no place for files" },
        { "diff $/trace.txt", 2, "'handoff diff' needs AFTER" },
        { "diff - -", 2, "only one of two recordings can come from standard input" },
        { "diff $/trace.txt $/trace.txt --csv", 2, "unknown option '--csv'" },
        { "diff $/trace.txt $/missing.dat", 3, "missing.dat: no such file or directory" },
        { "diff $/words.litmus $/trace.txt", 3, "HT0002" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Bad_use_gets_a_message_and_an_exit_code(string line, int code, string message)
    {
        var run = Run.Of(line.Replace("$", _directory, StringComparison.Ordinal).Split(' '));
        Assert.Contains(message.Replace("$", _directory, StringComparison.Ordinal), run.Error, StringComparison.Ordinal);
        Assert.Equal(code, (int)run.Code);
        Assert.Empty(run.Out);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', run.Error);
        Assert.DoesNotContain(Directory.GetFileSystemEntries(_directory), static entry => Path.GetFileName(entry) is ['.', ..] or ['n', 'e', 'w', ..]);
    }

    [Fact]
    public void A_bad_file_does_not_hide_the_others()
    {
        var run = Run.Of("check", In("some"));
        Assert.Equal(ExitCode.BadInput, run.Code);
        Assert.Contains("broken.litmus:1:8: error", run.Error, StringComparison.Ordinal);
        Assert.Contains("1 test × 1 kernel: 1 as expected", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Control_characters_in_names_do_not_reach_the_terminal()
    {
        var run = Run.Of("check", In("a\e]0;title\a.litmus"));
        Assert.Equal(ExitCode.BadInput, run.Code);
        Assert.DoesNotContain('\e', run.Error);
        Assert.DoesNotContain('\a', run.Error);
    }

    [Fact]
    public void After_two_dashes_everything_is_a_path()
    {
        var run = Run.Of("check", "--", "--json");
        Assert.Equal(ExitCode.BadInput, run.Code);
        Assert.Contains("--json: no such file or directory", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Standard_input_is_a_test_too()
    {
        var run = Run.Of(new Run.Settings(Input: Good), "check", "-");
        Assert.Equal((ExitCode.AsExpected, ""), (run.Code, run.Error));
        Assert.Contains("<stdin>", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_bytes_never_end_in_a_bug()
    {
        var random = new Random(1);
        for (int round = 0; round < 200; round++)
        {
            byte[] bytes = new byte[random.Next(400)];
            random.NextBytes(bytes);
            if (round % 2 == 0)
            {
                // Pieces of a good test in a wrong order get further than noise.
                string text = string.Concat(Enumerable.Range(0, 30).Select(_ => Good.Substring(random.Next(Good.Length - 6), 6)));
                bytes = Encoding.UTF8.GetBytes(text);
            }

            File.WriteAllBytes(In("random.litmus"), bytes);
            var run = Run.Of("check", In("random.litmus"));
            Assert.True(run.Code is ExitCode.BadInput or ExitCode.AsExpected or ExitCode.Differs, $"round {round}: {run.Code} {run.Error}");
        }
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string In(string name) => Path.Combine(_directory, name);
}

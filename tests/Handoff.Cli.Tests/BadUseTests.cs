using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace Handoff.Cli.Tests;

/// <summary>What bad use gets: a message, a hint where there is one, and an exit code. Never a stack trace, never a result.</summary>
public sealed partial class BadUseTests : IDisposable
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
        File.WriteAllText(In("sched.txt"), "bash-1 [001] d..2. 100.000001: sched_switch: prev_comm=bash prev_pid=1 prev_prio=120 prev_state=S ==> next_comm=swapper/1 next_pid=0 next_prio=120\n");
        byte[] noise = new byte[3000];
        new Random(7).NextBytes(noise);
        File.WriteAllBytes(In("noise"), noise);
        string shipped = $"{AppContext.BaseDirectory}/Recordings/arm64-nc-small";
        File.WriteAllBytes(In("half.dat"), File.ReadAllBytes($"{shipped}/trace.dat")[..20_000]);
        File.WriteAllBytes(In("half.zst"), File.ReadAllBytes($"{shipped}/trace.v6.dat.zst")[..30_000]);
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
        { "explain $/good.litmus --verdict ok", 2, "'ok' is no verdict\n  hint: verdicts: contract, fails" },
        { "check $/good.litmus --on arm64-nc-6g,arm64-coh-6g", 2, "arm64-nc-6g and arm64-coh-6g are different machines" },
        { "machines nope", 2, "no known machine has this name: 'nope'" },
        { "check $/good.litmus --plain=perhaps", 2, "option '--plain' takes no value" },
        { "check $/good.litmus --json=yes", 2, "option '--json' takes no value" },
        { "help chekc", 2, "unknown verb 'chekc'\n  hint: did you mean 'check'?" },
        { "help check --man", 2, "--man is about all verbs; name none" },
        { "help check report", 2, "'report' is one word too many" },
        { "completion", 2, "'handoff completion' needs SHELL\n  hint: shells: bash, zsh, fish" },
        { "completion bsh", 2, "'bsh' is no known shell\n  hint: did you mean 'bash'?" },
        { "completion powershell", 2, "'powershell' is no known shell\n  hint: shells: bash, zsh, fish" },
        { "completion bash zsh", 2, "'zsh' is one word too many" },
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
        { "explain $/missing.litmus", 3, "missing.litmus: no such file or directory" },
        { "explain $/zero.litmus", 3, "zero.litmus: is no text" },
        { "explain $/good.litmus --witness $/missing", 3, "missing: cannot be read" },
        { "explain $/good.litmus --witness $/zero.litmus", 3, "zero.litmus: error HW0001" },

        // outputs
        { "check $/good.litmus --html", 2, "option '--html' needs FILE" },
        { "check $/good.litmus --html=", 2, "option '--html' needs FILE" },
        { "check $/good.litmus --html /dev/full", 5, "/dev/full: is no place for files" },
        { "check $/good.litmus --html /dev/stdout", 5, "is no place for files" },
        { "check $/good.litmus --html /proc/new.html", 5, "/proc/new.html: is no place for files" },
        { "check $/good.litmus --html $/nothing", 5, "nothing: is a directory" },
        { "check $/good.litmus --html $/no/such/new.html", 5, "new.html: there is no directory $/no/such" },
        { "check $/good.litmus --html $/good.litmus/new.html", 5, "new.html: there is no directory $/good.litmus" },
        { "check $/missing.litmus --html $/new.html", 3, "missing.litmus: no such file" },
        { "check $/broken.litmus --html $/new.html", 3, "error HL" },
        { "explain $/good.litmus --html /dev/null", 5, "/dev/null: is no place for files" },
        { "explain $/good.litmus --save-witness $/no/such/new", 5, "there is no directory" },
    };

    [Fact]
    public void The_table_is_long_enough() =>
        Assert.InRange(Table.Concat(RecordingTable).Select(static row => row.Data.Item1).Distinct().Count(), 180, int.MaxValue);

    [Theory]
    [MemberData(nameof(Table))]
    [MemberData(nameof(RecordingTable))]
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

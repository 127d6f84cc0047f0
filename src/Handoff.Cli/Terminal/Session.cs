using System.Text;
using Handoff.Reports.Text;

namespace Handoff.Cli.Terminal;

/// <summary>Where a run of the program reads from and writes to, and what it knows about the other side.</summary>
internal sealed class Session
{
    /// <summary>Results. Clean enough to pipe.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Errors, status and progress.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Standard input, opened when first asked for.</summary>
    public required Func<Stream> OpenInput { get; init; }

    /// <summary>Results as UTF-8 bytes, for those who write many; <see langword="null"/> to write through <see cref="Out"/>.</summary>
    public Stream? RawOut { get; init; }

    /// <summary>Whether nobody reads the results any more.</summary>
    public Func<bool> OutputIsGone { get; init; } = static () => false;

    /// <summary>Whether results go to a terminal.</summary>
    public bool OutIsTerminal { get; init; }

    /// <summary>Columns of the terminal; 80 where there is none.</summary>
    public int Width { get; init; } = 80;

    /// <summary>Whether results may carry colours.</summary>
    public bool ColourOut { get; init; }

    /// <summary>Whether messages may carry colours and progress lines may be redrawn.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Whether messages may carry colours.</summary>
    public bool ColourError { get; init; }

    /// <summary>Set by Ctrl-C: say what is known and end.</summary>
    public CancellationToken Cancelled { get; init; }

    /// <summary>The directory that stands for <c>/</c> where the machine itself is looked at; tests have others.</summary>
    public string SystemRoot { get; init; } = "/";

    /// <summary>Writer of results.</summary>
    public Ink OutInk => field ??= new Ink(Out, ColourOut);

    /// <summary>Writer of messages.</summary>
    public Ink ErrorInk => field ??= new Ink(Error, ColourError);

    /// <summary>The same session without colours and progress.</summary>
    public Session AsPlain() => new()
    {
        Out = Out,
        Error = Error,
        OpenInput = OpenInput,
        RawOut = RawOut,
        OutputIsGone = OutputIsGone,
        OutIsTerminal = OutIsTerminal,
        Width = Width,
        Cancelled = Cancelled,
    };

    /// <summary>Where to write results that come as UTF-8, after what was written to <see cref="Out"/>. Not to be closed.</summary>
    public Stream OpenOutput()
    {
        Out.Flush();
        return RawOut ?? new TextStream(Out);
    }

    /// <summary>Writes results that come as UTF-8.</summary>
    public void WriteUtf8(Action<Stream> write)
    {
        using var bytes = new MemoryStream();
        write(bytes);
        Out.Write(Encoding.UTF8.GetString(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)));
    }
}

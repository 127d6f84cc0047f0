namespace Handoff.Kernels;

/// <summary>How sure it is that a kernel behaves as a switch says.</summary>
[Flags]
public enum Evidence
{
    /// <summary>Nothing but this library's own name for an idea.</summary>
    None = 0,

    /// <summary>Read in the source of Linux 6.12.117 (<c>[S]</c>).</summary>
    Source = 1,

    /// <summary>Read in a mailing-list message or pull request (<c>[M]</c>).</summary>
    Mail = 2,

    /// <summary>Seen on a running kernel (<c>[L]</c>).</summary>
    Live = 4,

    /// <summary>Remembered; the release may be off by one (<c>[R]</c>).</summary>
    Recalled = 8,
}

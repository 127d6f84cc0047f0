namespace Handoff.Litmus.Model;

/// <summary>
/// A span of time: from when one agent has taken <paramref name="From"/> steps until another (or the same) has taken <paramref name="To"/>.
/// </summary>
internal readonly record struct Window(int Agent, int From, int EndAgent, int To)
{
    /// <summary>Whether now lies in it.</summary>
    /// <param name="beginner">Steps taken by <see cref="Agent"/>.</param>
    /// <param name="ender">Steps taken by <see cref="EndAgent"/>.</param>
    public bool Contains(int beginner, int ender) => beginner >= From && ender < To;
}

namespace Handoff.Litmus.Model;

/// <summary>A span of an agent's progress: it has taken at least <paramref name="From"/> and less than <paramref name="To"/> steps.</summary>
internal readonly record struct Window(int Agent, int From, int To)
{
    public bool Contains(int progress) => progress >= From && progress < To;
}
